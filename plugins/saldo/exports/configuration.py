"""What the file of an export may say. `target` chooses the model: one for each kind of thing that exports become.

Pydantic models, frozen and strict; an unknown key is an error. How they are found and read: loading.py and saldo.yaml_files.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationInfo, field_validator, model_validator

from saldo.fields import KnownAgreement, MailAddresses, Schedule, Zone
from saldo.subject import Alerts, SubjectKey
from saldo.yaml_files import Id, Names, Section

from .accounting.targets import TARGETS
from .names import BadName, checked_extension

#: What a purchase document may be at the vendor.
STATES = ("new", "saved", "open", "late", "paid", "pending_payment")


class ExportConfiguration(Section):
    """What every export of an agreement's documents has, whatever it becomes. Those of expenses: accounting/configuration.py."""

    name: Id
    target: str
    agreement: Annotated[Id, KnownAgreement]
    schedule: Schedule = None
    timezone: Zone = "UTC"
    after_night: bool = False
    alerts: Alerts = Alerts()
    owner_mail: MailAddresses = ()
    enabled: bool = True

    @property
    def key(self) -> SubjectKey:
        """The export as a subject of runs, alerts and actions."""
        return SubjectKey("export", self.name)

    @property
    def dag_id(self) -> str:
        return dag_id_of(self.name)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class XlsxExport(ExportConfiguration):
    """`target: xlsx`: a workbook of an agreement's purchase documents.

    choose: new (in no logged file yet), mutated (changed since), or both. Dates are first and last, both included.
    log: whether the file counts as an export. ext: what its name ends in.
    """

    target: Literal["xlsx"]
    layout: str = Field(default="purchases", min_length=1, max_length=80)
    choose: Literal["new", "mutated", "new_and_mutated"] = "new"
    created_from: date | None = None
    created_to: date | None = None
    invoice_from: date | None = None
    invoice_to: date | None = None
    states: Names = ()
    log: bool = True
    ext: str | None = None

    @field_validator("layout")
    @classmethod
    def _layout(cls, value: str, info: ValidationInfo) -> str:
        known = (info.context or {}).get("layouts")
        if known is not None and value not in known:
            raise ValueError(
                f"{value!r} is no layout; write one of: {', '.join(sorted(known)) or '(there is none)'}"
            )
        return value

    @field_validator("states")
    @classmethod
    def _states(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for state in value:
            if state not in STATES:
                raise ValueError(
                    f"{state!r} is no state of a purchase document; write some of: {', '.join(STATES)}"
                )
        return value

    @field_validator("ext")
    @classmethod
    def _ext(cls, value: str | None) -> str | None:
        try:
            checked_extension(value)
        except BadName as error:
            raise ValueError(
                f"{value!r} cannot end a file's name ({str(error).removeprefix('ext: ')})"
            ) from None
        return value

    @model_validator(mode="after")
    def _ranges(self) -> XlsxExport:
        for what in ("created", "invoice"):
            first, last = getattr(self, f"{what}_from"), getattr(self, f"{what}_to")
            if first and last and last < first:
                raise ValueError(
                    f"{what}_to: {last} is before {what}_from ({first}); swap them, or remove one"
                )
        if not self.log and self.choose != "mutated" and (self.schedule or self.after_night):
            raise ValueError(
                "log: without it the same documents stay new, and every run exports them again; write `log: true`, or "
                "remove `schedule` and `after_night`"
            )
        return self


#: Target -> what its files say: a file of people, or an accounting system.
MODELS: dict[str, type[Section]] = {
    "xlsx": XlsxExport,
    **{name: kind.configuration for name, kind in TARGETS.items()},
}


#: The DAG that asks people what becomes of expenses that wait for their word.
REVIEW_DAG = "saldo_export_review"


def dag_id_of(name: str) -> str:
    """The DAG of the export of that name."""
    return f"saldo_export__{name}"


def shown(configuration: ExportConfiguration) -> dict[str, Any]:
    """What a file says beyond the defaults, for a DAG's page."""
    return configuration.model_dump(mode="json", exclude_defaults=True)
