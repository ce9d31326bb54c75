"""Calls to a target, in ops.export_attempt: each is there, committed, before it is made."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from saldo.warehouse.connection import Connection

from ..targets.target import What
from ..wording import storable

#: How much of an answer is kept.
_ANSWER = 2000
_BEGIN = """
with call as (select nextval('ops.export_call_number') as number),
written as (
    insert into ops.export_attempt (export_id, call_number, started_at, request, outcome)
    select o.id, c.number, %(now)s, %(request)s::jsonb || case when o.place = 1 then %(first)s::jsonb else '{}' end, 'running'
    from unnest(%(ids)s::uuid[]) with ordinality as o (id, place), call as c
    order by o.place
)
select c.number from call as c
"""
_END = """
update ops.export_attempt
set outcome = %(outcome)s, status_code = %(status)s, answer = %(answer)s, duration_ms = %(duration)s
where call_number = %(number)s
"""


class RegisteredCalls:
    """`Calls` of targets. ids: the exports by the keys of their documents; calls about other documents have no rows. It writes with
    the connection that holds the company's lock: who has lost the lock can begin no call."""

    def __init__(
        self, connection: Connection, ids: Mapping[str, UUID], clock: Callable[[], datetime]
    ) -> None:
        self._connection, self._ids, self._clock = connection, ids, clock
        self._begun: dict[int, float] = {}

    def begin(self, keys: Sequence[str], method: str, path: str, body: Any = None) -> int:
        ids = [self._ids[key] for key in keys if key in self._ids]
        request = {"method": method, "path": path, "documents": len(ids)}
        row = self._connection.execute(
            _BEGIN,
            {
                "now": self._clock(), "ids": ids, "request": Jsonb(request), "first": Jsonb({} if body is None else {"body": body}, dumps=msgspec.json.encode),
            },
        ).fetchone()  # fmt: skip
        assert row is not None  # it selects one
        self._begun[row[0]] = time.monotonic()
        return int(row[0])

    def end(self, number: int, outcome: What, *, status: int | None, answer: str) -> None:
        took = time.monotonic() - self._begun.pop(number)
        values = {
            "outcome": outcome, "status": status, "answer": storable(answer[:_ANSWER]), "duration": round(took * 1000),
            "number": number,
        }  # fmt: skip
        self._connection.execute(_END, values)
