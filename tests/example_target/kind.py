"""The made-up system as a target: one object, as saldo/exports/accounting/targets/kind.py says."""

from __future__ import annotations

from typing import Any, Literal

from saldo.exports.accounting.configuration import AccountingExport
from saldo.exports.accounting.document import Entry, Shape
from saldo.exports.accounting.draft import Draft, Lengths
from saldo.exports.accounting.sections import EitherPayable, MappingRules, Payable
from saldo.exports.accounting.targets.kind import TargetKind


class ExamplePayables(EitherPayable):
    expense: Payable | None = None
    honorarium: Payable | None = None


class ExampleMapping(MappingRules):
    payable: ExamplePayables


class ExampleExport(AccountingExport):
    """`target: example_target`."""

    target: Literal["example_target"]
    mapping: ExampleMapping

    @property
    def rules(self) -> MappingRules:
        return self.mapping

    def payable(self, kind: str) -> Payable | None:
        found: Payable | None = getattr(self.mapping.payable, kind)
        return found


def _check(draft: Draft, configuration: ExampleExport) -> None:
    if draft.expense.currency != configuration.currency:
        draft.note(
            "currency", draft.expense.currency, configuration.currency, "claim it in that one"
        )


def _shaped(
    draft: Draft, configuration: ExampleExport
) -> tuple[Shape, tuple[Entry, ...], dict[str, Any]]:
    costs = [
        Entry(
            line=line.source.line, owner="account", number=line.account, amount=line.amount, vat_code=line.vat_code,
            vat_amount=line.vat_amount, text=line.text, dimensions=line.dimensions,
        )
        for line in draft.lines
    ]  # fmt: skip
    owed = Entry(line=None, owner="employee", number=draft.owed_to, amount=-draft.total, text=draft.text, dimensions={})  # fmt: skip
    lines = [{"account": one.number, "amount": one.amount, "text": one.text} for one in costs]
    return "import", (*costs, owed), {"payee": draft.owed_to, "total": draft.total, "lines": lines}


EXAMPLE_TARGET = TargetKind(
    name="example_target",
    title="Example",
    configuration=ExampleExport,
    lengths=Lengths(text=100, number=20),
    amounts="number",
    check=_check,
    shaped=_shaped,
    sends="tests.example_target.target.open_target",
)

#: An organisation that exports to it.
EXAMPLE = {
    "organisation": "example", "target": "example_target", "connection": "example", "company": "Example AS", "currency": "NOK",
    "mapping": {
        "accounts": {"travel": "7140", "mileage": "7100"},
        "vat": {"25": {"rate": 25, "country": "NO", "code": "1"}},
        "dimensions": {"department": {"to": "department"}},
        "payable": {"expense": {}},
        "booking": "post",
    },
}  # fmt: skip


def example_configuration(**changes: Any) -> ExampleExport:
    """changes: of its file; those of `mapping` over the ones there."""
    mapping = {**EXAMPLE["mapping"], **changes.pop("mapping", {})}  # type: ignore[dict-item]
    return ExampleExport.model_validate({**EXAMPLE, "mapping": mapping, **changes})
