"""What a log-in is known to learn of rows that it may not read (docs/rights.md): no row and no value, but how many there are of one that
it guesses. Where Postgres ceases to tell, the page may say less."""

from __future__ import annotations

import re
from collections.abc import Iterator

import psycopg
import pytest

from saldo.readers.applying import apply_readers
from saldo.readers.loading import Readers
from saldo.readers.reader import Reader
from saldo.warehouse.connection import Connection, connect
from tests.conftest import Cluster

from .books import COMPANIES, fill
from .logins import login

OWN, OTHER = COMPANIES
#: Schema -> what its log-in was made for.
READS = {"mart": "some", "mart_masked": "masked"}


@pytest.fixture(scope="module", params=READS)
def asking(
    request: pytest.FixtureRequest, cluster: Cluster, dsn: str
) -> Iterator[tuple[str, Connection]]:
    """A schema, and a log-in that reads one company's rows in it; the other has many customers of one name."""
    schema = str(request.param)
    with connect(dsn) as owner:
        if not owner.execute("select 1 from mart.dim_agreement where agreement_key > 0").fetchone():
            fill(owner)
            owner.execute(
                "insert into mart.dim_customer (customer_key, agreement_key, customer_number, name, is_barred, is_deleted) "
                "select 900000 + n, %s, n::text, case when n %% 2 = 0 then 'Frequent' else 'One of ' || n end, false, false "
                "from generate_series(1, 2000) as n",
                [COMPANIES[OTHER]],
            )
            # The index by what is asked for is the best one, as in books.
            owner.execute(
                "insert into mart.fact_journal_entries select (jsonb_populate_record(f, jsonb_build_object("
                "'journal_entry_key', 900000 + n, 'entry_number', 'more ' || n))).* "
                "from mart.fact_journal_entries as f cross join generate_series(1, 2000) as n where f.journal_entry_key = %s",
                [COMPANIES[OWN] * 1000 + 3],
            )
            owner.execute("analyze mart.dim_customer, mart.fact_journal_entries")
        name = f"t_learns_{READS[schema]}"
        apply_readers(
            owner,
            Readers(
                (Reader(id="l", login=name, agreements=(OWN,), personal=schema == "mart"),), ()
            ),
        )
        with (
            login(cluster, dsn, name, READS[schema]) as own,
            psycopg.connect(own, autocommit=True) as reader,
        ):
            reader.execute("set enable_seqscan = off")
            yield schema, reader


def explained(reader: Connection, options: str, query: str) -> str:
    return "\n".join(
        str(line) for (line,) in reader.execute(f"explain ({options}) {query}".encode())
    )


def test_how_many_rows_another_company_has_of_what_is_guessed(
    asking: tuple[str, Connection],
) -> None:
    """An index finds them before their rights are asked for, and what is left out is counted."""
    schema, reader = asking
    for id, account, count in ((OTHER, "1000", 2), (OTHER, "2210", 1), ("nobody", "1000", 0)):
        query = f"select 1 from {schema}.fact_journal_entries where agreement_id = '{id}' and account_number = '{account}'"
        assert not reader.execute(query.encode()).fetchall()
        told = explained(reader, "analyze, costs off, timing off, summary off", query)
        removed = [int(n) for n in re.findall(r"Rows Removed by Filter: (\d+)", told)]
        assert "Index Cond" in told
        assert sum(removed) == count, told


def test_how_frequent_a_name_is_among_all_companies(asking: tuple[str, Connection]) -> None:
    schema, reader = asking

    def estimated(name: str) -> int:
        query = f"select 1 from {schema}.dim_customer where name = '{name}'"
        assert not reader.execute(query.encode()).fetchall()
        told = explained(reader, "format text", query)
        return max(int(n) for n in re.findall(r"rows=(\d+)", told))

    assert estimated("Frequent") > 10 * estimated("Nobody")
