"""What a person is shown who must decide about an export: what is wrong, what would be sent, what the target said last."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from saldo.warehouse.connection import Connection

from .document import AccountingDocument
from .jobs import Attempt, Job, attempts_of

#: Characters of a payload, of an answer; lines of an expense.
_SENT, _ANSWER, _SHOWN = 6_000, 1_500, 30


@dataclass(frozen=True)
class Question:
    """subject: a line. body: Markdown."""

    subject: str
    body: str


def question(connection: Connection, job: Job) -> Question:
    """About an export as it is now."""
    row = connection.execute(
        "select coalesce(e.employee, e.supplier), e.description from ops.expense as e "
        "where e.organisation = %s and e.expense_id = %s and e.revision = %s",
        [job.organisation, job.source_id, job.revision],
    ).fetchone()
    payee, description = row or ("", "")
    amount = "" if job.total is None else f", {job.total:,.2f} {job.currency}"
    parts = [
        _facts(job, payee, description),
        f"**What is wrong**\n\n{_lines(job.last_error or 'nobody said')}",
        _differences(job.differences),
        _claimed(connection, job),
        _what_is_where(job),
        _last(attempts_of(connection, job.export_id)),
        _sent(job.document),
    ]
    subject = f"{job.organisation}: {job.kind} {job.source_id} of {payee}{amount}"
    return Question(" ".join(subject.split()), "\n\n".join(filter(None, parts)))


def _facts(job: Job, payee: str, description: str) -> str:
    rows = {
        "Expense": f"{job.source_id}, revision {job.revision}",
        "Payee": payee,
        "For": description,
        "Amount": "" if job.total is None else f"{job.total:,.2f} {job.currency}",
        "Posting date": str(job.posting_date or ""),
        "Target": job.target,
        "Reference there": job.external_reference or "",
        "Number there": job.key or "",
        "Tried": f"{job.attempts} times",
    }
    said = "\n".join(f"| {name} | {_cell(value)} |" for name, value in rows.items() if value)
    return f"| | |\n|---|---|\n{said}"


def _claimed(connection: Connection, job: Job) -> str:
    rows = connection.execute(
        "select l.line, l.category, l.text, to_char(l.amount, 'FM999999999999990.00'), l.vat_code, l.dimensions, count(*) over () "
        "from ops.expense_line as l where l.organisation = %s and l.expense_id = %s and l.revision = %s order by l.line limit %s",
        [job.organisation, job.source_id, job.revision, _SHOWN],
    ).fetchall()
    if not rows:
        return ""
    said = "\n".join(
        "| " + " | ".join(_cell("" if one in (None, {}) else one) for one in row[:-1]) + " |"
        for row in rows
    )
    more = f"\n\nand {rows[0][-1] - _SHOWN} more" if rows[0][-1] > _SHOWN else ""
    return f"**Its lines**\n\n| Line | Category | Text | Amount | VAT code | Dimensions |\n|---|---|---|---|---|---|\n{said}{more}"


def _what_is_where(job: Job) -> str:
    if not job.may_be_there:
        return "Nothing of it is at the target: it may be cancelled."
    return "Something of it is at the target, or may be: it cannot be cancelled before that is deleted there."


def _differences(found: Iterable[Mapping[str, Any]] | None) -> str:
    if not found:
        return ""
    rows = "\n".join(
        f"| {_cell(one.get('path'))} | {_cell(one.get('stored'))} | {_cell(one.get('sent'))} |"
        for one in found
    )
    return f"**Another than the revision that was exported**\n\n| Field | Exported | Now |\n|---|---|---|\n{rows}"


def _last(attempts: list[Attempt]) -> str:
    answered = [one for one in attempts if one.answer or one.status_code]
    if not answered:
        return ""
    last = answered[-1]
    said = _code((last.answer or "")[:_ANSWER])
    status = f" ({last.status_code})" if last.status_code else ""
    return f"**Last answer of the target**{status}, {last.started_at:%Y-%m-%d %H:%M} UTC\n\n{said}"


def _sent(document: AccountingDocument | None) -> str:
    if document is None:
        return ""
    text = json.dumps(json.loads(document.body), indent=2, ensure_ascii=False)
    cut = "" if len(text) <= _SENT else "\n\nThe rest of it is in ops.export_job."
    return f"**What is sent**\n\n{_code(text[:_SENT], 'json')}{cut}"


def _lines(text: str) -> str:
    """Lines stay lines, and what looks like Markdown stays as it is written."""
    return "  \n".join(_plain(line) for line in text.splitlines() if line.strip())


def _cell(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return _plain(" ".join(text.split()))[:500]


def _plain(text: str) -> str:
    for sign in "\\`*_{}[]<>#|":
        text = text.replace(sign, f"\\{sign}")
    return text


def _code(text: str, language: str = "") -> str:
    """A block that its own text cannot end."""
    return f"```{language}\n{text.replace('```', '` ` `')}\n```"
