"""What an agreement file may say: its keys, their values, and what each must be.

Pydantic models, frozen and strict; an unknown key is an error. How files are found and read:
loading.py and saldo.yaml_files.
"""

from __future__ import annotations

import re
from datetime import date, time
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationInfo, field_validator

from saldo.addresses import is_web_address
from saldo.fields import Schedule, Zone
from saldo.subject import Alerts, SubjectKey
from saldo.yaml_files import Id, Names, Section

_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


#: A dash of any kind: programs for texts and tables make a long one of what was typed.
_RANGE = re.compile(r"\s*([0-9]{1,40})\s*[-\u2010-\u2015\u2212]\s*([0-9]{1,40})\s*")
#: Of digits and what stands between them, yet no number: a list in one text, or a range written otherwise.
_NO_ACCOUNT = re.compile(r"(?!\d+(?:\.\d+)*$)[\d\s.,;:/\u2010-\u2015\u2212-]*")


def _range_of(text: str) -> tuple[str, str]:
    found = _RANGE.fullmatch(text)
    return (found[1], found[2]) if found else (text.strip(), text.strip())


class Http(Section):
    """`http` of a file: tries of one request, and the longest wait between two."""

    max_tries: int = Field(default=6, ge=1, le=20)
    max_wait_s: int = Field(default=300, ge=1)


class Guard(Section):
    """`guard` of a file: a deletion that exceeds both limits needs a person's confirmation."""

    max_delete_share: float = Field(default=0.2, ge=0, le=1)
    min_rows: int = Field(default=50, ge=0)


class Agreement(Section):
    """One company's books in one accounting system; the fields are those of the file."""

    id: Id
    name: str = Field(min_length=1)
    vendor: str
    connection: str = Field(min_length=1)
    schedule: Schedule
    timezone: Zone
    start_date: date = Field(description="a day such as 2024-01-01")
    entities: Literal["all"] | Names = Field(default="all", description="`all` or a list of names")
    exclude: Names = ()
    full_refresh: Literal["daily", "weekly", "monthly", "never"] = "weekly"
    alerts: Alerts = Alerts()
    http: Http = Http()
    guard: Guard = Guard()
    lake: bool = False
    company: str | None = None
    replaces: Id | None = None
    owner: str = "saldo"
    tags: Names = ()
    personal_accounts: Names = ()
    finish_by: time | None = time(6)
    heartbeat_url: str | None = Field(default=None, repr=False)
    enabled: bool = True

    @field_validator("vendor")
    @classmethod
    def _vendor(cls, value: str, info: ValidationInfo) -> str:
        vendors = (info.context or {}).get("vendors", {value: ()})
        if value not in vendors:
            raise ValueError(f"{value!r} is unknown; write one of: {', '.join(sorted(vendors))}")
        return value

    @field_validator("finish_by", mode="before")
    @classmethod
    def _finish_by(cls, value: Any) -> time | None:
        """A time of day, with quotes or without."""
        if value is None or isinstance(value, time):
            return value
        match = _TIME.fullmatch(value) if isinstance(value, str) else None
        if not match:
            raise ValueError(
                f'{value!r} is no time of day; write one such as "06:00", or null for no limit'
            )
        return time(int(match[1]), int(match[2]))

    @field_validator("heartbeat_url")
    @classmethod
    def _heartbeat_url(cls, value: str | None) -> str | None:
        if value is not None and not is_web_address(value):
            # Its value may be as good as a password: it is not repeated.
            raise ValueError("is no web address; write one that begins with https:// or http://")
        return value

    @field_validator("personal_accounts")
    @classmethod
    def _personal_accounts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            first, last = _range_of(text)
            if _NO_ACCOUNT.fullmatch(first) or (first != last and int(first) > int(last)):
                raise ValueError(
                    f'{text!r} is neither an account nor a range of them; write "2210" or "2200-2299", each as an entry of its own'
                )
        return value

    @property
    def personal_ranges(self) -> list[tuple[str, str]]:
        """First and last number of each; the same twice where it is one account."""
        return [_range_of(text) for text in self.personal_accounts]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def key(self) -> SubjectKey:
        """The agreement as a subject of runs, alerts and actions."""
        return SubjectKey("agreement", self.id)

    @property
    def dag_id(self) -> str:
        return f"saldo__{self.id}"

    def wants(self, entity: str) -> bool:
        """Whether its file asks for the entity. Vendor.wants says what is landed besides."""
        return entity not in self.exclude and (self.entities == "all" or entity in self.entities)
