"""What a person wrote over the mapping of an organisation's file, for one export: checked as the file is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from saldo.yaml_files import sentences

from .configuration import AccountingExport
from .jobs import Rejected


class InvalidOverride(Rejected):
    """What was written over the mapping cannot be; `problems` are sentences that name the keys."""

    def __init__(self, organisation: str, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            f"{organisation}: this cannot stand in place of the file's mapping: "
            + "\n".join(self.problems)
        )


def overridden(
    configuration: AccountingExport, override: Mapping[str, Any] | None
) -> AccountingExport:
    """The configuration with a part of `mapping` in place of the file's: tables are merged, key by key; everything else takes the
    place of what is there. Raises InvalidOverride."""
    if not override:
        return configuration
    values = configuration.model_dump(mode="json")
    values["mapping"] = _merged(values["mapping"], override)
    model = type(configuration)
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise InvalidOverride(configuration.organisation, sentences(model, error)) from None


def _merged(under: Any, over: Any) -> Any:
    if not isinstance(under, Mapping) or not isinstance(over, Mapping):
        return over
    return {**under, **{key: _merged(under.get(key), value) for key, value in over.items()}}
