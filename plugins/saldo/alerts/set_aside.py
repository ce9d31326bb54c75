"""Records that are set aside (ops.set_aside): a mail when there are some, another when there are more, one when there
are none any more."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from saldo.subject import AMONG, Subject, SubjectKey, Subjects, arrays
from saldo.warehouse.connection import Connection

_SHOWN = 5
#: What it means for the facts, by the table of what is set aside, or its schema; records of an entity have none.
_MEANS = {
    "": "Facts show these records as they were before, or not at all",
    "core": "These rows are in no fact, or as they were before",
    "core.ledger_entry": "These vouchers are in no fact, or as they were before",
    "mart": "These values of facts are left empty, or their rows are left out",
    "mart.fact_account_balance_month": "These sums of postings fit no column: the balances of these months are left out",
}
#: When a correction comes: a record is read again by its key; what is made of several only when one of them is.
_RECORD_TRIED_AGAIN = "the next night tries it again"
_TRIED_AGAIN = "the night that sees the correction tries it again, at the latest one that reads everything (`mode=full`)"
_Rows = list[tuple[str, str, str, str, bool]]


def judge_set_aside(connection: Connection, subjects: Subjects, *, now: datetime) -> None:
    """Open, change and close alerts, one for each entity (or table of facts) of which something is set aside."""
    with connection.transaction():
        found = _found(connection, _newly_told(connection, subjects, now))
        known = _open_alerts(connection, subjects)
        for key, of in subjects.items():
            for entity, rows in found.get(key, {}).items():
                _note(connection, of, entity, rows, known.pop((key, entity), None), now)
        for alert_id in known.values():
            connection.execute(
                "update ops.alert set closed_at = %(now)s, news_at = %(now)s, "
                "news = case when told_at is not null then 'recovered' end where alert_id = %(alert_id)s",
                {"now": now, "alert_id": alert_id},
            )


def _newly_told(
    connection: Connection, subjects: Subjects, now: datetime
) -> set[tuple[str, str, str]]:
    """Mark what nobody was notified of; returns (agreement, entity, key) of it."""
    rows = connection.execute(
        "update ops.set_aside set told_at = %s where told_at is null and agreement_id = any(%s) "
        "returning agreement_id, entity, source_key",
        [now, [key.id for key in subjects if key.kind == "agreement"]],
    ).fetchall()
    return {(id, entity, key) for id, entity, key in rows}


def _found(
    connection: Connection, new: set[tuple[str, str, str]]
) -> dict[SubjectKey, dict[str, _Rows]]:
    """Subject -> entity -> rows (key, field, value, reason, is it new), those that are new first."""
    found: dict[SubjectKey, dict[str, _Rows]] = defaultdict(lambda: defaultdict(list))
    for id, entity, key, *said in connection.execute(
        "select agreement_id, entity, source_key, field, value, reason from ops.set_aside "
        "order by agreement_id, entity, told_at desc nulls last, source_key"
    ):
        is_new = (id, entity, key) in new
        found[SubjectKey("agreement", id)][entity].append((key, *said, is_new))
    return found


def _open_alerts(connection: Connection, subjects: Subjects) -> dict[tuple[SubjectKey, str], int]:
    rows = connection.execute(
        "select subject_kind, subject_id, task, alert_id from ops.alert "
        f"where kind = 'set_aside' and closed_at is null and {AMONG}".encode(),
        arrays(subjects),
    ).fetchall()
    return {(SubjectKey(kind, id), task): alert_id for kind, id, task, alert_id in rows}


def _note(
    connection: Connection,
    of: Subject,
    entity: str,
    rows: _Rows,
    alert_id: int | None,
    now: datetime,
) -> None:
    """One alert; people are notified when something is new."""
    if not any(is_new for *_, is_new in rows):
        return
    shown = [
        f"{key}: {field} {value[:60]!r} {reason}" for key, field, value, reason, _ in rows[:_SHOWN]
    ]
    more = f"\n… and {len(rows) - _SHOWN} more: ops.set_aside" if len(rows) > _SHOWN else ""
    schema = entity.partition(".")[0] if "." in entity else ""
    values = {
        "kind": of.key.kind, "id": of.key.id, "task": entity, "now": now, "system": of.system,
        "dag_id": of.dag_id, "alert_id": alert_id,
        "cause": f"{len(rows)} of {entity} set aside",
        "reason": (
            "\n".join(shown) + more + f"\n{_MEANS.get(entity) or _MEANS[schema]}; everything else went on. Correct the value at "
            f"{of.system_name}: {_TRIED_AGAIN if schema else _RECORD_TRIED_AGAIN}."
        ),
    }  # fmt: skip
    connection.execute(
        "update ops.alert set cause = %(cause)s, reason = %(reason)s, news = 'failed', news_at = %(now)s "
        "where alert_id = %(alert_id)s"
        if alert_id
        else "insert into ops.alert (subject_kind, subject_id, kind, task, opened_at, failures, reason, vendor, family, "
        "cause, since, dag_id, news, news_at) values (%(kind)s, %(id)s, 'set_aside', %(task)s, %(now)s, 0, %(reason)s, "
        "%(system)s, 'SetAside', %(cause)s, %(now)s, %(dag_id)s, 'failed', %(now)s) "
        "on conflict (subject_kind, subject_id, kind, task) where closed_at is null do nothing",
        values,
    )
