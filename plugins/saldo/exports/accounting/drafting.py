"""Drafts of documents: what the mapping says of an expense, and every problem on the way.

Nothing here knows a target but its lengths, or asks anybody anything.
"""

from __future__ import annotations

import calendar
from datetime import date
from decimal import Decimal

from .configuration import AccountingExport
from .document import ReceiptReference
from .draft import Draft, DraftLine, Lengths
from .expense import Expense, ExpenseLine
from .problems import shown
from .wording import cut, filled

#: Between the VAT of a line and what its rate makes of the amount: receipts round each article.
VAT_TOLERANCE = Decimal("0.05")
#: Decimals of amounts, where they are not two.
_DECIMALS = {
    "ISK": 0,
    "JPY": 0,
    "KRW": 0,
    "CLP": 0,
    "VND": 0,
    "BHD": 3,
    "JOD": 3,
    "KWD": 3,
    "TND": 3,
}


def drafted(expense: Expense, configuration: AccountingExport, lengths: Lengths) -> Draft:
    """A draft with every problem that both targets would have."""
    draft = Draft(expense, configuration, lengths)
    _check(draft)
    draft.posting_date = _posting_date(draft)
    values = _values(expense)
    draft.text = _fitting(draft, filled(configuration.rules.texts.document, values), "description")
    draft.owed_to = _owed_to(draft)
    for at, line in enumerate(expense.lines):
        draft.lines.append(_line(draft, line, at, values))
    return draft


def receipts_of(draft: Draft) -> tuple[ReceiptReference, ...]:
    """The receipts that are attached, in the order of lines."""
    if draft.configuration.rules.receipts == "leave_out":
        return ()
    return tuple(
        ReceiptReference(
            line=line.line,
            name=receipt.name,
            content_type=receipt.content_type,
            size=receipt.size,
            sha256=receipt.sha256,
        )
        for line in draft.expense.lines
        for receipt in line.receipts
    )


def _check(draft: Draft) -> None:
    expense, configuration = draft.expense, draft.configuration
    if expense.organisation != configuration.organisation:
        draft.note(
            "organisation",
            shown(expense.organisation),
            shown(configuration.organisation),
            "map it by its own file",
        )
    if configuration.payable(expense.kind) is None:
        said = f"mapping.payable.{expense.kind} of {draft.file}"
        draft.note("kind", expense.kind, f"a kind of which {said} says who is owed", "add it there")
    if expense.status != "approved":
        draft.notes.append(
            f"it is {expense.status}: a preview only, nothing is exported before it is approved"
        )
    most = configuration.limits.largest_amount
    if most is None:
        return
    if expense.currency != configuration.currency:
        said = f"{expense.total} {expense.currency}"
        draft.note(
            "currency",
            said,
            f"{configuration.currency}, of which limits.largest_amount is",
            f"book it by hand, or remove the limit from {draft.file}",
        )
    elif expense.total > most:
        draft.note(
            "lines",
            f"{expense.total} {expense.currency} in all",
            f"at most {most}",
            f"book it by hand, or raise limits.largest_amount in {draft.file}",
        )


def _posting_date(draft: Draft) -> date:
    expense, rule = draft.expense, draft.configuration.rules.posting_date
    if rule == "approved":
        if expense.approved_at is None:
            draft.note(
                "approved_at",
                "nothing",
                "the moment of the approval, which gives the posting date",
                "approve it first",
            )
            return expense.date
        return expense.approved_at.astimezone(draft.configuration.zone).date()
    if rule == "month_end":
        last = calendar.monthrange(expense.date.year, expense.date.month)[1]
        return expense.date.replace(day=last)
    return expense.date


def _owed_to(draft: Draft) -> str:
    payable = draft.configuration.payable(draft.expense.kind)
    payee = draft.expense.payee
    number = payable.numbers.get(payee, payee) if payable else payee
    if len(number) > draft.lengths.number:
        who = "supplier" if draft.expense.kind == "honorarium" else "employee"
        remedy = (
            f"write the target's under mapping.payable.{draft.expense.kind}.numbers in {draft.file}"
        )
        draft.note(
            who, shown(number), f"a number of at most {draft.lengths.number} characters", remedy
        )
    return number


def _line(draft: Draft, line: ExpenseLine, at: int, values: dict[str, str]) -> DraftLine:
    rules, path = draft.configuration.rules, f"lines[{at}]"
    account = rules.accounts.get(line.category, "")
    if not account:
        remedy = f"add it to mapping.accounts in {draft.file}, or correct the category"
        draft.note(
            f"{path}.category", shown(line.category), "a category that has an account", remedy
        )
    full = filled(rules.texts.line, {**values, **_values_of_line(line)}) or line.text
    return DraftLine(
        source=line,
        at=at,
        account=account,
        amount=_money(draft, f"{path}.amount", line.amount),
        vat_code=_vat_code(draft, line, path),
        vat_amount=_money(draft, f"{path}.vat_amount", line.vat_amount),
        text=_fitting(draft, full, f"{path}.text"),
        full_text=full,
        dimensions=_dimensions(draft, line, path),
    )


def _money(draft: Draft, path: str, amount: Decimal) -> Decimal:
    """The amount with the decimals of its currency, no matter how it was written."""
    places = _DECIMALS.get(draft.expense.currency, 2)
    rounded = amount.quantize(Decimal(1).scaleb(-places))
    if rounded != amount:
        expected = f"an amount of {draft.expense.currency}, which has {places} decimals"
        draft.note(path, str(amount), expected, "round it before it is approved")
    return rounded


def _vat_code(draft: Draft, line: ExpenseLine, path: str) -> str | None:
    rules = draft.configuration.rules
    if line.vat_code is None:
        return rules.no_vat
    vat = rules.vat.get(line.vat_code)
    if vat is None:
        remedy = f"add it to mapping.vat in {draft.file}, or correct the code"
        draft.note(f"{path}.vat_code", shown(line.vat_code), "a VAT code that is mapped", remedy)
        return None
    meant = line.amount * vat.rate / (100 + vat.rate)
    if abs(meant - line.vat_amount) > VAT_TOLERANCE:
        places = Decimal(1).scaleb(-_DECIMALS.get(draft.expense.currency, 2))
        said = f"{meant.quantize(places)}, which is {vat.rate} % ({vat.country}) in {line.amount}"
        draft.note(
            f"{path}.vat_amount",
            str(line.vat_amount),
            said,
            "correct it, or its vat_code; part the line where it has several rates",
        )
    return vat.code


def _dimensions(draft: Draft, line: ExpenseLine, path: str) -> dict[str, str]:
    known = draft.configuration.rules.dimensions
    for name in line.dimensions:
        if name not in known:
            remedy = f"add it to mapping.dimensions in {draft.file}, or remove it"
            draft.note(f"{path}.dimensions", shown(name), "a dimension that is mapped", remedy)
    found = {}
    for name, rule in known.items():
        given = line.dimensions.get(name)
        if given is None:
            value = rule.default
        else:
            value = given if rule.values is None else rule.values.get(given)
        where = f"{path}.dimensions.{name}"
        if given is not None and value is None:
            remedy = f"add it to mapping.dimensions.{name}.values in {draft.file}, or correct it"
            draft.note(where, shown(given), "a value that is mapped", remedy)
        elif value is None and rule.required:
            remedy = f"fill it in, or write a default for it in {draft.file}"
            draft.note(where, "nothing", f"a value: every line needs its {name}", remedy)
        elif value and len(value) > draft.lengths.number:
            draft.note(
                where,
                shown(value),
                f"at most {draft.lengths.number} characters",
                f"map it to the target's value in {draft.file}",
            )
        elif value:
            found[rule.to] = value
    return found


def _fitting(draft: Draft, text: str, path: str) -> str:
    fitting = cut(text, draft.lengths.text)
    if fitting != text:
        draft.notes.append(
            f"{path}: cut to the {draft.lengths.text} characters that the target takes; whole it is: {text}"
        )
    return fitting


def _values(expense: Expense) -> dict[str, str]:
    return {
        "id": expense.id,
        "revision": str(expense.revision or 1),
        "payee": expense.payee,
        "description": expense.description,
        "month": f"{expense.date:%Y-%m}",
    }


def _values_of_line(line: ExpenseLine) -> dict[str, str]:
    return {
        "line": str(line.line),
        "category": line.category,
        "text": line.text,
        "quantity": f"{line.quantity.normalize():f}",
        "rate": f"{line.rate.normalize():f}" if line.rate else "",
    }
