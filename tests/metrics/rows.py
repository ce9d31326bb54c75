"""Rows of ops as nights leave them, for what is measured."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from saldo.warehouse.connection import Connection

NOW = datetime.now(UTC).replace(microsecond=0)
#: Labels of the agreement the tests are about.
NORD = {"kind": "agreement", "subject": "nord"}


def ago(**time: float) -> datetime:
    return NOW - timedelta(**time)


def watch(
    warehouse: Connection, *ids: str, kind: str = "agreement", days_apart: int | None = 1
) -> None:
    for id in ids:
        warehouse.execute(
            "insert into ops.watched (subject_kind, subject_id, plan, days_apart, since) values (%s, %s, 'x', %s, %s)",
            [kind, id, days_apart, ago(days=90)],
        )


def ran(warehouse: Connection, id: str, entity: str, at: datetime, **more: Any) -> None:
    row: dict[str, Any] = {
        "subject_kind": "agreement", "subject_id": id, "entity": entity, "dag_id": f"saldo__{id}", "run_id": str(at),
        "try_number": 1, "mode": "auto", "started_at": at, "finished_at": at + timedelta(seconds=5), "status": "success",
        **more,
    }  # fmt: skip
    warehouse.execute(
        f"insert into ops.sync_run ({', '.join(row)}) values ({', '.join(['%s'] * len(row))})".encode(),
        list(row.values()),
    )


def compared(
    warehouse: Connection,
    id: str,
    at: datetime,
    control: str,
    difference: str,
    *,
    ok: bool = False,
    account: str | None = None,
) -> None:
    warehouse.execute(
        "insert into ops.proof (agreement_id, run_id, checked_at, control, entity, vendor_value, warehouse_value, difference, ok, "
        "account_number) values (%s, 'x', %s, %s, 'entries', 0, %s, %s, %s, %s)",
        [id, at, control, difference, difference, ok, account],
    )
