"""How long what is kept: the one declaration. SALDO_RETENTION changes days, by name.

The law asks for books and what proves them, not for what a program noted on the way; the books themselves
are at the vendor. Sources of the long ones: docs/maintenance.md.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from saldo.errors import ConfigError
from saldo.paths import SQL_DIR

VARIABLE = "SALDO_RETENTION"
#: Seven years after the end of the year in which it was written, the longest of DK, NO, SE and NL.
_BOOKKEEPING = 8 * 365 + 2
_THREE_YEARS = 3 * 365 + 1
_THIRTEEN_MONTHS = 400
_ENTRY = re.compile(r"\s*([a-z_.]+)\s*=\s*(\d{1,6}|keep)\s*", re.ASCII)


@dataclass(frozen=True)
class Rule:
    """How long one thing is kept.

    days: None is for ever. least: what the program itself needs. age: the column that says how old a row
    is; empty where it is no table of the warehouse. key: what rows are deleted by; ctid where age alone
    decides.
    """

    subject: str
    days: int | None
    least: int
    why: str
    age: str = ""
    key: str = "ctid"

    @property
    def table(self) -> str:
        """The table of a subject: ops.proof of ops.proof.nights."""
        return ".".join(self.subject.split(".")[:2])

    @property
    def sql(self) -> Path:
        """Finds the rows that may go."""
        name = "_".join(self.subject.split(".")[1:])
        return SQL_DIR / "maintenance" / f"{name}.sql"

    def before(self, now: datetime) -> datetime | None:
        """What is older may go: whole days of UTC. None: nothing may."""
        if self.days is None:
            return None
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight - timedelta(days=self.days)


RULES = (
    Rule("ops.audit", _BOOKKEEPING, 30, "who did what: kept as long as books", "at"),
    Rule("ops.removal", _BOOKKEEPING, 30, "what was deleted when, as long as the acts", "at"),
    Rule(
        "ops.proof", _BOOKKEEPING, 35,
        "evidence that the facts agreed; the newest of each total stays", "checked_at", "proof_id",
    ),
    Rule(
        "ops.proof.nights", _THIRTEEN_MONTHS, 35,
        "after that, the last of each month and every difference", "checked_at", "proof_id",
    ),
    Rule(
        "staging.history", _THREE_YEARS, 1,
        "what a past report was made of; holds personal data, and the books are at the vendor",
        "replaced_at",
    ),
    Rule(
        "ops.facts_state", _THREE_YEARS, 1,
        "which records the facts were made of when: as long as the records that were replaced; the last before that stays", "at",
    ),
    Rule(
        "ops.sync_run", _THIRTEEN_MONTHS, 35,
        "comparing with last year; what alerts and reports read stays", "started_at", "sync_run_id",
    ),
    Rule(
        "ops.validation_result", _THIRTEEN_MONTHS, 35,
        "as runs; the newest of each table stays", "checked_at", "validation_result_id",
    ),
    Rule(
        "ops.lake_file", _THREE_YEARS, 35, "what was in the lake; files that are there stay", "removed_at",
        "lake_file_id",
    ),
    Rule(
        "ops.file", _THREE_YEARS, 35,
        "which version of a file counted when, with its rows in staging; what counts and the last look stay", "read_at",
    ),
    Rule("ops.file_excerpt", 31, 1, "cells of refused files: whoever corrects them does so within days", "written_at"),
    Rule(
        "ops.export_file", _BOOKKEEPING, 35,
        "files that were deleted or abandoned, with the snapshots of the documents in them; those that count stay",
        "ended_at", "file_id",
    ),
    Rule(
        "ops.expense", _BOOKKEEPING, 35,
        "expense claims with their lines and receipts, revision by revision; those whose export is not done stay, and approved ones without one for 8 years", "received_at",
    ),
    Rule(
        "ops.expense_inbox", 92, 7, "put in by SQL: what is taken is in ops.expense; what waits stays", "decided_at", "inbox_id",
    ),
    Rule("ops.export_job", _BOOKKEEPING, 35, "what was exported to which system; what is not done stays, and as long as its claim does", "updated_at"),
    Rule(
        "ops.export_attempt", _THREE_YEARS, 35,
        "call by call; holds what was sent. Those of what is not done stay", "started_at", "export_attempt_id",
    ),
    Rule("ops.export_event", _THREE_YEARS, 7, "what accounting systems said of exports; they try again within hours", "received_at"),
    Rule("ops.alert", _THREE_YEARS, 7, "what failed how often; open ones stay", "closed_at", "alert_id"),
    Rule("ops.alert_mail", 183, 7, "holds addresses; waiting ones stay", "done_at", "mail_id"),
    Rule(
        "ops.alert_mail_attachment", 14, 1,
        "people have it in their mail; holds figures of theirs. Those of waiting mails stay", "written_at", "mail_id",
    ),
    Rule("ops.idempotency_key", 7, 1, "callers try again within hours", "asked_at"),
    Rule("ops.export_request", _THIRTEEN_MONTHS, 7, "as runs", "asked_at"),
    Rule("ops.webhook_event", 7, 1, "vendors try again within hours", "received_at"),
    Rule("ops.heartbeat", 92, 2, "a quarter of ops.uptime, look by look", "at"),
    Rule("ops.table_size", _THREE_YEARS, 35, "growth over years", "measured_at"),
    Rule("lake", _THIRTEEN_MONTHS, 7, "superseded files of the lake; of each entity the two newest sets stay"),
    Rule("airflow", 92, 7, "runs, tasks and XComs in Airflow's database, and their logs"),
    Rule("airflow.watch", 14, 2, "the same of saldo_watch, which runs every few minutes"),
    Rule("airflow.log", _THREE_YEARS, 7, "Airflow's own audit log: who edited connections, cleared tasks"),
)  # fmt: skip


def retention(environ: Mapping[str, str] = os.environ) -> dict[str, Rule]:
    """All rules by subject, with the days of SALDO_RETENTION ("ops.heartbeat=30, staging.history=keep").

    Raises ConfigError, which names what is wrong in it and what to write.
    """
    rules = {rule.subject: rule for rule in RULES}
    for entry in environ.get(VARIABLE, "").split(","):
        if not entry.strip():
            continue
        match = _ENTRY.fullmatch(entry)
        if not match or match[1] not in rules:
            raise ConfigError(
                f"{VARIABLE}: {entry.strip()!r} is none of name=days or name=keep, with commas between "
                f"them; names are {', '.join(rules)}"
            )
        rule, days = rules[match[1]], None if match[2] == "keep" else int(match[2])
        if days is not None and days < rule.least:
            raise ConfigError(
                f"{VARIABLE}: {rule.subject}={days} is less than the {rule.least} days Saldo itself needs; "
                f"write {rule.subject}={rule.least} or more, or keep"
            )
        rules[rule.subject] = replace(rule, days=days)
    return rules
