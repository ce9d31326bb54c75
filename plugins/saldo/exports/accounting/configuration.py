"""What the file of an organisation's accounting export may say, whatever its target; each target adds its own (targets/).

Pydantic models, frozen and strict, read with the other exports' files (saldo/exports/loading.py).
"""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from saldo.fields import MailAddresses, Schedule, Zone
from saldo.subject import Alerts, SubjectKey
from saldo.yaml_files import Id, Section

from .sections import (
    Limits,
    MappingRules,
    Payable,
    currency,
)

Currency = Annotated[str, AfterValidator(currency)]


class AccountingExport(Section):
    """What every accounting export has. organisation: names the file, and is what expenses say. connection: an Airflow
    connection. company: as the target calls it. currency: of its books."""

    organisation: Id
    target: str
    connection: str = Field(min_length=1)
    company: str = Field(min_length=1)
    currency: Currency
    schedule: Schedule = None
    timezone: Zone = "UTC"
    limits: Limits = Limits()
    alerts: Alerts = Alerts()
    owner_mail: MailAddresses = ()
    enabled: bool = True

    @property
    def name(self) -> str:
        """As files of exports are told apart."""
        return self.organisation

    @property
    def key(self) -> SubjectKey:
        return SubjectKey("export", self.organisation)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def rules(self) -> MappingRules:
        """The part `mapping`, as both targets have it."""
        raise NotImplementedError

    def payable(self, kind: str) -> Payable | None:
        """Who is owed for that kind of expense; None where it is not exported."""
        raise NotImplementedError
