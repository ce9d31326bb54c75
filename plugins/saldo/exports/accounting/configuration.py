"""What the file of an organisation's accounting export may say: `target: business_central` and `target: xledger`.

Pydantic models, frozen and strict, read with the other exports' files (saldo/exports/loading.py).
"""

from __future__ import annotations

import re
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, field_validator, model_validator

from saldo.addresses import is_mail_address
from saldo.schedules import cron_or_none, timezone
from saldo.subject import Alerts, SubjectKey
from saldo.yaml_files import Id, Names, Section

from .sections import (
    Dimension,
    EitherPayable,
    Limits,
    MappingRules,
    Payable,
    Vat,
    currency,
    fitting,
)

#: Of fields of type Code in Business Central.
LONGEST_CODE = 20


def _code(value: str) -> str:
    fitting({"": value}, LONGEST_CODE)
    return value


Code20 = Annotated[str, AfterValidator(_code)]
Currency = Annotated[str, AfterValidator(currency)]
Schedule = Annotated[str | None, AfterValidator(cron_or_none)]
Zone = Annotated[str, AfterValidator(timezone)]
_JOURNAL = re.compile(r"[A-Z0-9][A-Z0-9-]{0,9}")
#: Where dimensions of a line go in Xledger.
PLACES = ("project", "glObject1", "glObject2", "glObject3", "glObject4", "glObject5")


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
    owner_mail: Names = ()
    enabled: bool = True

    @field_validator("owner_mail")
    @classmethod
    def _owner_mail(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for address in value:
            if not is_mail_address(address):
                raise ValueError(f"{address!r} is not a mail address")
        return value

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


class BusinessCentralPayable(Payable):
    """type: the vendor or employee of that number, or one account for all (`account`)."""

    type: Literal["vendor", "employee", "account"]
    account: Code20 | None = None

    @model_validator(mode="after")
    def _account(self) -> BusinessCentralPayable:
        if (self.type == "account") != (self.account is not None):
            raise ValueError(
                "account: belongs to `type: account`, and only there; add or remove it"
            )
        return self


class BusinessCentralPayables(EitherPayable):
    expense: BusinessCentralPayable | None = None
    honorarium: BusinessCentralPayable | None = None


class BusinessCentralMapping(MappingRules):
    """honoraria: purchase invoices (with VAT, and in any currency), or lines of the journal."""

    no_vat: Code20 | None = None
    payable: BusinessCentralPayables
    honoraria: Literal["invoice", "journal"] = "invoice"

    @field_validator("accounts")
    @classmethod
    def _accounts(cls, value: dict[str, str]) -> dict[str, str]:
        fitting(value, LONGEST_CODE)
        return value

    @field_validator("vat")
    @classmethod
    def _vat(cls, value: dict[str, Vat]) -> dict[str, Vat]:
        fitting({name: vat.code for name, vat in value.items()}, LONGEST_CODE)
        return value

    @field_validator("dimensions")
    @classmethod
    def _dimensions(cls, value: dict[str, Dimension]) -> dict[str, Dimension]:
        for name, dimension in value.items():
            fitting({name: dimension.to, **(dimension.values or {})}, LONGEST_CODE)
        return value

    @model_validator(mode="after")
    def _invoices_have_vendors(self) -> BusinessCentralMapping:
        owed = self.payable.honorarium
        if self.honoraria == "invoice" and owed and owed.type != "vendor":
            raise ValueError(
                "payable.honorarium.type: a purchase invoice is of a vendor; write `type: vendor`, or `honoraria: journal`"
            )
        return self


class BusinessCentralBatch(Section):
    """journal: the code of a journal batch that nobody else writes in; all lines in it are posted."""

    journal: str

    @field_validator("journal")
    @classmethod
    def _journal(cls, value: str) -> str:
        if not _JOURNAL.fullmatch(value):
            raise ValueError(
                f"{value!r} is no code of a journal batch; write 1 to 10 of A-Z, 0-9 and -"
            )
        return value


class BusinessCentralExport(AccountingExport):
    """`target: business_central`."""

    target: Literal["business_central"]
    environment: str = Field(min_length=1)
    mapping: BusinessCentralMapping
    batch: BusinessCentralBatch

    @property
    def rules(self) -> MappingRules:
        return self.mapping

    def payable(self, kind: str) -> BusinessCentralPayable | None:
        found: BusinessCentralPayable | None = getattr(self.mapping.payable, kind)
        return found


class XledgerPayable(Payable):
    """account: of what is owed. subledger: whether the line names the supplier or employee."""

    account: str = Field(min_length=1)
    subledger: bool = True


class XledgerPayables(EitherPayable):
    expense: XledgerPayable | None = None
    honorarium: XledgerPayable | None = None


class XledgerMapping(MappingRules):
    """source: the transaction source of its lines. job_level: where they wait for the import; Xledger's own if empty."""

    payable: XledgerPayables
    source: Literal["GL", "AP"] = "GL"
    job_level: str | None = None

    @field_validator("dimensions")
    @classmethod
    def _places(cls, value: dict[str, Dimension]) -> dict[str, Dimension]:
        for dimension in value.values():
            if dimension.to not in PLACES:
                raise ValueError(
                    f"{dimension.to!r} is no place of a dimension in Xledger; write one of: {', '.join(PLACES)}"
                )
        return value


class XledgerBatch(Section):
    """size: lines of one call; a voucher's lines are never parted."""

    size: int = Field(default=500, ge=201, le=500)


class XledgerExport(AccountingExport):
    """`target: xledger`. environment: demo or production."""

    target: Literal["xledger"]
    environment: Literal["production", "demo"] = "production"
    mapping: XledgerMapping
    batch: XledgerBatch = XledgerBatch()

    @property
    def rules(self) -> MappingRules:
        return self.mapping

    def payable(self, kind: str) -> XledgerPayable | None:
        found: XledgerPayable | None = getattr(self.mapping.payable, kind)
        return found
