"""Whether an organisation's exports would go through, tried before there is one: nothing is written anywhere.

An expense is invented that has every category, VAT code and dimension of the file, and the target's own setup is compared with
what it would become. Who is paid is invented, too: what the target says of that one says nothing of the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from saldo.readiness import Finding

from .configuration import AccountingExport
from .document import AccountingDocument
from .expense import Expense, ExpenseLine
from .mapping import NotMappable, map_to_accounting_schema
from .problems import Problem
from .targets.target import Target

#: What is invented is called so, and no target has it.
INVENTED = "SALDO-CHECK"
#: Lines of an invented expense: Business Central takes a hundred.
_LINES = 90
_HUNDRED = Decimal(100)


def check_file(
    configuration: AccountingExport, target: Target, *, now: datetime
) -> Iterator[Finding]:
    """Findings about the company and its setup, one after the other as they are made. Raises what asking the target raises."""
    yield Finding("company", "ok", target.company)
    documents, problems = [], []
    for expense in invented(configuration, now=now):
        try:
            documents.append(map_to_accounting_schema(expense, configuration.target, configuration))
        except NotMappable as error:
            problems += error.problems
    yield _finding(
        "mapping", problems, "an expense with everything that the file names can be mapped"
    )
    if documents:
        yield _finding("setup", _against(target, documents), _has(configuration))


def _against(target: Target, documents: list[AccountingDocument]) -> list[Problem]:
    found = target.check(documents)
    problems = [one for key in found for one in found[key] if INVENTED not in str(one)]
    return list({(one.found, one.remedy): one for one in problems}.values())


def _has(configuration: AccountingExport) -> str:
    rules = configuration.rules
    counts = f"{len(rules.accounts)} accounts, {len(rules.vat)} VAT codes, {len(rules.dimensions)} dimensions"
    return f"the company has all that the file names ({counts}), and today is open"


def _finding(what: str, problems: list[Problem], good: str) -> Finding:
    if not problems:
        return Finding(what, "ok", good)
    says = "\n".join(f"{one.found}; expected: {one.expected}" for one in problems)
    return Finding(what, "fails", says, "\n".join(dict.fromkeys(one.remedy for one in problems)))


def invented(configuration: AccountingExport, *, now: datetime) -> Iterator[Expense]:
    """Of each kind that is exported, with a line for every category, and every VAT code in one of them."""
    rules, day = configuration.rules, now.astimezone(configuration.zone).date()
    categories, codes = list(rules.accounts), [None, *rules.vat]
    # The longer of the two is gone through once, the other one as often as it takes.
    count = max(len(categories), len(codes))
    lines = [
        _line(configuration, at, categories[at % len(categories)], codes[at % len(codes)], day)
        for at in range(count)
    ]
    for kind in ("expense", "honorarium"):
        if configuration.payable(kind) is None:
            continue
        for first in range(0, count, _LINES):
            yield Expense(
                id=f"{INVENTED}-{kind}-{first}", organisation=configuration.organisation, kind=kind, status="approved", approved_at=now,
                employee=INVENTED if kind == "expense" else None, supplier=INVENTED if kind == "honorarium" else None,
                description="Check", date=day, currency=configuration.currency, revision=1,
                lines=tuple(lines[first : first + _LINES]),
            )  # fmt: skip


def _line(
    configuration: AccountingExport, at: int, category: str, code: str | None, day: date
) -> ExpenseLine:
    rules, vat = configuration.rules, Decimal(0)
    if code is not None:
        rate = rules.vat[code].rate
        vat = (rate / (_HUNDRED + rate)).quantize(Decimal("0.01"))
    values = {
        name: next(iter(dimension.values or {}), dimension.default or INVENTED)
        for name, dimension in rules.dimensions.items()
    }
    return ExpenseLine(
        line=at + 1, category=category, date=day, text="Check", quantity=Decimal(1), rate=None, amount=Decimal(1),
        vat_code=code, vat_amount=vat, dimensions=values, receipts=(),
    )  # fmt: skip
