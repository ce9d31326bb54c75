"""Locks on what files say something about: whoever follows core by its changes must miss none, and two files that are judged beside
each other must not both come first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from saldo.warehouse.connection import Connection


def lock_agreements(
    connection: Connection,
    table: str,
    versions: Sequence[tuple[int, int]],
    also: Iterable[str] = (),
) -> None:
    """Hold the agreements of staged versions (file_id, version), and these, until the transaction ends. All at once and in one order: a
    transaction that came back for more could wait for one that waits for it."""
    agreements = connection.execute(
        "select s.agreement_id from unnest(%s::bigint[], %s::int[]) as v (file_id, version) "
        f"inner join {table} as s on s.file_id = v.file_id and s.version = v.version "
        "union select unnest(%s::text[]) order by 1".encode(),
        [[file_id for file_id, _ in versions], [version for _, version in versions], list(also)],
    ).fetchall()
    for (agreement,) in agreements:
        connection.execute(
            "select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"saldo {agreement} {table}"]
        )
