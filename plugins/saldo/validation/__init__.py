"""Validation: what must hold of every dimension and fact of an agreement, asked in Postgres.

Suites (suites.py) and checks (include/sql/checks) become rules; Great Expectations validates the rules of
the tables that changed since they were last found good. What was found is in ops.validation_result, rule
by rule, and in data docs. What has been published stays, whatever is found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg.types.json import Jsonb

from saldo.agreements.agreement import Agreement
from saldo.errors import DataRejected
from saldo.transform import set_aside
from saldo.vendors import VENDORS
from saldo.warehouse.connection import Connection

from .folder import run_path, write
from .rules import CRITICAL, look_up, plans
from .states import is_landing, known_states, save_states, state_of

if TYPE_CHECKING:
    from .expectations import Finding, Validated


@dataclass
class Outcome:
    """What a validation found; `note` is what ops.sync_run says of it."""

    agreement_id: str
    rules: int = 0
    rows: int = 0
    rows_unchanged: int = 0
    tables: list[str] = field(default_factory=list)
    broken: list[Finding] = field(default_factory=list)
    warned: list[Finding] = field(default_factory=list)
    #: <agreement>/<run> of the newest data docs with these tables.
    data_docs: str | None = None
    note: str | None = None
    is_skipped: bool = False

    def leave_to_the_other_run(self) -> None:
        """Turn findings into warnings, and skip. While another run is landing (a header whose lines
        come next), nothing is certain: that run validates at its end, and what is broken counts
        as changed. Skipped, so that no alert ends."""
        self.is_skipped = True
        self.note = (
            f"{len(self.broken)} rule(s) are broken while another run of the agreement goes on, which "
            "validates them again at its end"
        )
        self.warned, self.broken = [*self.broken, *self.warned], []

    def raise_for_broken(self) -> None:
        """Raises DataRejected, which names rules and rows, when something critical was found."""
        if self.broken:
            raise DataRejected(
                f"agreement {self.agreement_id!r}: {len(self.broken)} rule(s) are broken. What was "
                "published stays as it is.\n" + "\n".join(describe(f) for f in self.broken)
            )


def validate(
    connection: Connection,
    dsn: str,
    agreement: Agreement,
    *,
    run_id: str,
    everything: bool = False,
    docs: Path | None = None,
) -> Outcome:
    """Validate the tables of an agreement that changed since they were last found good, or all of them.

    Writes ops.validation_result, ops.validated and, with `docs`, the pages of the run. Raises ConfigError
    for a rule that cannot be evaluated; broken rules are in the outcome.
    """
    outcome = Outcome(agreement.id)
    vendor = VENDORS[agreement.vendor]
    context = look_up(connection, agreement.id, vendor)
    if context is None:
        outcome.is_skipped = True
        outcome.note = vendor.without_company
        return outcome
    planned = plans(context)
    # Taken before anything is validated: what changes meanwhile is looked at the next time.
    states, rows = state_of(connection, context, planned)
    known, when = known_states(connection, agreement.id)
    changed = [table for table in planned if everything or known.get(table) != states[table]]
    unchanged = {table: when[table] for table in planned if table not in changed}
    outcome.tables = changed
    outcome.rows = sum(rows[table] for table in changed)
    outcome.rows_unchanged = sum(rows[table] for table in unchanged)
    if not changed:
        last = max(unchanged.values())
        outcome.is_skipped = True
        outcome.note = f"unchanged, last validated at {last:%Y-%m-%d %H:%M} UTC"
        outcome.data_docs = _latest_docs(connection, agreement.id)
        _tell_of_set_aside(connection, outcome)
        return outcome

    from .expectations import validate_tables

    validated = list(validate_tables(dsn, {table: planned[table] for table in changed}))
    findings = [finding for v in validated for finding in v.findings]
    outcome.rules = len(findings)
    outcome.broken = [f for f in findings if not f.ok and f.rule.severity == CRITICAL]
    outcome.warned = [f for f in findings if not f.ok and f.rule.severity != CRITICAL]
    if docs is not None:
        _write_docs(docs, outcome, agreement, run_id, validated, unchanged)
    with connection.transaction():
        _save(connection, outcome, run_id, findings)
        bad = {f.rule.table for f in outcome.broken}
        save_states(connection, agreement.id, {t: states[t] for t in changed}, bad)
    if outcome.broken and is_landing(connection, agreement.id, run_id):
        outcome.leave_to_the_other_run()
    _tell_of_set_aside(connection, outcome)
    return outcome


def _tell_of_set_aside(connection: Connection, outcome: Outcome) -> None:
    """Every night: nothing changes as long as nobody corrects it."""
    if count := set_aside.count(connection, outcome.agreement_id):
        told = (
            f"{count} record(s) or value(s) set aside, since they cannot be stored: ops.set_aside"
        )
        outcome.note = "; ".join(filter(None, (outcome.note, told)))


def describe(finding: Finding) -> str:
    """Table, rule, how many, which rows, and what to do."""
    rule, examples = finding.rule, finding.examples
    more = f", of them {len(examples)}" if finding.count > len(examples) else ""
    names = ", ".join(examples[0]) if examples else ""
    rows = "; ".join(", ".join(value or "-" for value in row.values()) for row in examples)
    return (
        f"mart.{rule.table}: {rule.text}: {finding.count} row(s) break this{more} ({names}): {rows}. "
        f"To do: {rule.remedy}"
    )


def _write_docs(
    docs: Path,
    outcome: Outcome,
    agreement: Agreement,
    run_id: str,
    validated: Sequence[Validated],
    unchanged: dict[str, datetime],
) -> None:
    """A full disk costs the pages, not the findings."""
    from .pages import render_pages

    path = run_path(agreement.id, run_id)
    pages = render_pages(agreement, run_id, datetime.now(UTC), validated, unchanged)
    try:
        write(docs, path, pages)
        outcome.data_docs = path
    except OSError as error:
        outcome.note = f"data docs could not be written to {docs} ({error.strerror or error})"


def _save(
    connection: Connection, outcome: Outcome, run_id: str, findings: Sequence[Finding]
) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.validation_result (agreement_id, run_id, checked_at, table_name, "
            "expectation, columns, rule, severity, ok, unexpected_count, examples, data_docs) "
            "values (%s, %s, statement_timestamp(), %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    outcome.agreement_id, run_id, f.rule.table, f.rule.name, list(f.rule.columns),
                    f.rule.text, f.rule.severity, f.ok, f.count, Jsonb(f.examples),
                    outcome.data_docs,
                )
                for f in findings
            ],
        )  # fmt: skip


def _latest_docs(connection: Connection, agreement_id: str) -> str | None:
    row = connection.execute(
        "select data_docs from ops.validation_result where agreement_id = %s "
        "order by checked_at desc limit 1",
        [agreement_id],
    ).fetchone()
    return row[0] if row else None
