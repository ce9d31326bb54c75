"""Words a vendor has added to a list of its own (ops.drift, `type=11`): one mail, the first time each is seen.

They stop nothing. The mail says what the facts show instead, so that somebody can tell Saldo the word.
"""

from __future__ import annotations

import logging
from datetime import datetime

from saldo.subject import AMONG, SubjectKey, Subjects, arrays
from saldo.vendors import VENDORS
from saldo.warehouse.connection import Connection

log = logging.getLogger(__name__)


def _shown(system: str, entity: str, field: str, word: str) -> str:
    """What the facts show of a word, as a part of a sentence. system: a vendor's name."""
    vendor = VENDORS.get(system)
    words = vendor.words if vendor else {}
    return words.get(f"{entity}.{field}") or words.get(field) or f"it is other_{word}"


def judge_words(connection: Connection, subjects: Subjects, *, now: datetime) -> None:
    """Write an alert for each word that nobody was notified of; it is closed from the start, since there is nothing
    that could become well again."""
    with connection.transaction():
        rows = connection.execute(
            "update ops.drift set told_at = %(now)s where told_at is null and strpos(field, '=') > 0 "
            f"and {AMONG} returning subject_kind, subject_id, entity, field, first_seen_at, run_id".encode(),
            {**arrays(subjects), "now": now},
        ).fetchall()
        for kind, id, entity, field, since, run_id in rows:
            of = subjects[SubjectKey(kind, id)]
            name, _, word = field.partition("=")
            values = {
                "kind": kind, "id": id, "task": entity, "now": now, "system": of.system, "family": field,
                "since": since, "dag_id": of.dag_id, "run_id": run_id,
                "cause": f"{entity} of {of.system_name} have a new {name}: {word}",
                "reason": (
                    f"Saldo does not know the {name} {word} yet. Nothing is lost and nothing stops: these records are "
                    f"landed. In the facts {_shown(of.system, entity, name, word)}; proof says whether the books still agree. "
                    "Reports that choose by it leave them out until the word is added to Saldo: tell who maintains it."
                ),
            }  # fmt: skip
            connection.execute(
                "insert into ops.alert (subject_kind, subject_id, kind, task, opened_at, closed_at, failures, reason, "
                "vendor, family, cause, since, dag_id, run_id, news, news_at) values (%(kind)s, %(id)s, 'word', "
                "%(task)s, %(now)s, %(now)s, 0, %(reason)s, %(system)s, %(family)s, %(cause)s, %(since)s, %(dag_id)s, "
                "%(run_id)s, 'failed', %(now)s)",
                values,
            )
            log.warning("%s: %s", of.key, values["cause"])
