"""What the file of an organisation says with `target: xledger`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from saldo.yaml_files import Section

from ...configuration import AccountingExport
from ...sections import Dimension, EitherPayable, MappingRules, Payable

#: Where dimensions of a line go.
PLACES = ("project", "glObject1", "glObject2", "glObject3", "glObject4", "glObject5")


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
