"""What the file of an organisation says with `target: business_central`."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from saldo.yaml_files import Section

from ...configuration import AccountingExport
from ...sections import Dimension, EitherPayable, Limits, MappingRules, Payable, Vat, fitting

#: Of fields of type Code.
LONGEST_CODE = 20
_JOURNAL = re.compile(r"[A-Z0-9][A-Z0-9-]{0,9}")


def _code(value: str) -> str:
    fitting({"": value}, LONGEST_CODE)
    return value


Code20 = Annotated[str, AfterValidator(_code)]


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


class BusinessCentralLimits(Limits):
    """A request may wait for its turn there for 8 minutes, and then be worked on for 10, long after nobody waits for its answer.
    Source: https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/operational-limits-online"""

    settle_minutes: int = Field(default=20, ge=18, le=1440)


class BusinessCentralExport(AccountingExport):
    """`target: business_central`."""

    target: Literal["business_central"]
    environment: str = Field(min_length=1)
    mapping: BusinessCentralMapping
    batch: BusinessCentralBatch
    limits: BusinessCentralLimits = BusinessCentralLimits()

    @property
    def rules(self) -> MappingRules:
        return self.mapping

    def payable(self, kind: str) -> BusinessCentralPayable | None:
        found: BusinessCentralPayable | None = getattr(self.mapping.payable, kind)
        return found
