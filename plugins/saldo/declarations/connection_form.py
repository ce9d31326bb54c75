"""What the connection of a vendor asks for, and what a person has filled in. Plain values, no
Airflow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from saldo.errors import ConfigError


@dataclass(frozen=True)
class Field:
    """One field of a form.

    hint: what the form says beside it. default: the value of an empty field, which the form names where
    there is no hint. is_required: a client cannot be made without it. is_secret: the form shows stars.
    """

    label: str
    hint: str = ""
    default: str = ""
    is_required: bool = False
    is_secret: bool = False

    @property
    def name(self) -> str:
        """Its label inside a sentence."""
        return self.label[:1].lower() + self.label[1:]


@dataclass(frozen=True)
class Fields:
    """What a connection holds; an empty text where it holds nothing. Never shown: some of it is secret."""

    host: str = ""
    login: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls, *, host: str | None, login: str | None, password: str | None, extra: Mapping[str, Any]
    ) -> Fields:
        """Of values as Airflow has them: ids are numbers or text there, and what is empty may be None."""
        texts = {name: str(value) for name, value in extra.items() if value}
        return cls(host or "", login or "", password or "", texts)

    def __getitem__(self, name: str) -> str:
        """A standard field, or one of the extra; an empty text where it holds nothing."""
        if name in _STANDARD:
            return str(getattr(self, name))
        return self.extra.get(name, "")


#: The fields every connection of Airflow has and that a form may use, and where a person finds them.
_STANDARD = {"host": "its host", "login": "its login", "password": "its password"}


@dataclass(frozen=True)
class Form:
    """The form of a connection type. standard: fields every connection has (host, login, password).
    extra: the type's own."""

    standard: Mapping[str, Field]
    extra: Mapping[str, Field] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if unknown := set(self.standard) - set(_STANDARD):
            raise ValueError(
                f"{', '.join(sorted(unknown))}: a connection has no such standard field"
            )

    def __getitem__(self, name: str) -> Field:
        return self.standard[name] if name in self.standard else self.extra[name]

    def complete(self, fields: Fields, *, conn_id: str) -> Fields:
        """The same with defaults where they hold nothing. Raises ConfigError for what is required and
        empty."""
        for name, one in {**self.standard, **self.extra}.items():
            if one.is_required and not fields[name]:
                where = _STANDARD.get(name, f"{name} in its extra")
                raise ConfigError(
                    f"the Airflow connection {conn_id!r} has no {one.name} ({where}); fill it in"
                )
        standard = {name: fields[name] or one.default for name, one in self.standard.items()}
        defaults = {name: one.default for name, one in self.extra.items() if one.default}
        return Fields(**standard, extra={**defaults, **fields.extra})
