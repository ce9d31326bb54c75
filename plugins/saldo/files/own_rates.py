"""Exchange rates that people keep in files, into mart.fact_exchange_rate under a source of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from saldo.rates import OwnRate, land_own_rates
from saldo.warehouse.connection import Connection
from saldo.workbooks.rates import rates_of

from .companies import Companies
from .configuration import FileConfiguration
from .copying import copied
from .judging import judge
from .kinds import Kind, Staged
from .layouts import layout_of
from .register import Reading

#: The files of a configuration that count, the newest last: it is right where two say something of one day.
_IN_FORCE = """
select
    s.base_currency,
    s.quote_currency,
    s.day,
    s.rate,
    s.unit,
    s.kind
from ops.file as f
inner join staging.file_exchange_rate as s
    on s.file_id = f.file_id
    and s.version = f.version
where f.config_id = %s
    and f.is_in_force
order by
    coalesce(f.modified_at, f.read_at),
    f.file_id
"""


class ExchangeRates(Kind):
    """Own rates. They are nobody's ledger's, and judged by themselves and by the European Central Bank's."""

    table = "staging.file_exchange_rate"

    def stage(
        self,
        connection: Connection,
        path: Path,
        reading: Reading,
        configuration: FileConfiguration,
        companies: Companies,
    ) -> Staged:
        """See Kind.stage."""
        head = (configuration.id, reading.file_id, reading.version)
        found, problems = rates_of(path, layout_of(configuration))
        rows = copied(
            connection,
            self.table,
            (
                (*head, row.sheet, row.cell, row.base, row.quote, row.day, row.kind, row.rate, row.unit)
                for row in found
            ),
        )  # fmt: skip
        parameters = {"file_id": reading.file_id, "version": reading.version}
        judge(connection, "rate_problems", parameters, problems, place=lambda *_: "")
        return Staged(reading.version, rows, frozenset())

    def need_books(self, connection: Connection, agreements: Iterable[str]) -> None:
        """See Kind.need_books: none."""

    def hold(
        self,
        connection: Connection,
        versions: Sequence[tuple[int, int]],
        also: Iterable[str] = (),
    ) -> None:
        """See Kind.hold: landing them holds the source."""

    def bring_into_force(
        self, connection: Connection, file_id: int, versions: list[int], change_seq: int
    ) -> None:
        """See Kind.bring_into_force: all files of the configuration together."""
        [(config_id,)] = connection.execute(
            "select distinct config_id from ops.file where file_id = %s", [file_id]
        ).fetchall()
        rows = connection.execute(_IN_FORCE, [config_id]).fetchall()
        land_own_rates(
            connection,
            config_id,
            (
                OwnRate(base, quote, day, rate, unit, kind)
                for base, quote, day, rate, unit, kind in rows
            ),
        )
