"""What a log-in is known to learn of rows that it may not read (docs/rights.md): no row and no value, but how many there are of one that
it guesses; and without a guess what the catalogue of Postgres tells everybody. Where Postgres ceases to tell, the page may say less."""

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
from tests.support import PROJECT

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
    account = COMPANIES[OTHER] * 1000 + 2
    for guess, count in (
        (f"agreement_id = '{OTHER}' and voucher_number = '1'", 2),
        (f"agreement_id = '{OTHER}' and voucher_number = '2'", 1),
        ("agreement_id = 'nobody' and voucher_number = '1'", 0),
        (f"account_key = {account}", 1),
        ("account_key = 999999", 0),
    ):
        query = f"select 1 from {schema}.fact_journal_entries where {guess}"
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


def is_on_the_page(*names: str) -> bool:
    text = (PROJECT / "docs" / "rights.md").read_text()
    return all(f"`{name}`" in text for name in names)


def test_who_else_reads_and_who_of_them_is_masked(
    asking: tuple[str, Connection], cluster: Cluster, dsn: str
) -> None:
    _, reader = asking
    with (
        login(cluster, dsn, "t_learned_of", "masked") as other,
        psycopg.connect(other, autocommit=True, application_name="sheets") as busy,
    ):
        busy.execute("select 'secret'")
        assert reader.execute(
            "select r.rolname, g.rolname from pg_roles as r join pg_auth_members as m on m.member = r.oid "
            "join pg_roles as g on g.oid = m.roleid where r.rolname = 't_learned_of'"
        ).fetchall() == [("t_learned_of", "saldo_masked")]
        said = reader.execute(
            "select usename, query, client_addr, application_name from pg_stat_activity where usename = 't_learned_of'"
        ).fetchall()
        # Not what they ask, nor from where.
        assert said == [("t_learned_of", "<insufficient privilege>", None, "sheets")]
    assert is_on_the_page("pg_roles", "pg_auth_members", "pg_stat_activity")


def test_which_tables_there_are_and_how_large_they_are(
    asking: tuple[str, Connection], dsn: str
) -> None:
    _, reader = asking
    with connect(dsn) as owner:
        owner.execute("create table staging.economic_learned (like staging.template including all)")
        try:
            owner.execute(
                "insert into staging.economic_learned (agreement_id, source_key, payload, payload_hash, landed_at, run_id, change_seq) "
                "select 'secret', n::text, '{}', '', now(), 'x', 1 from generate_series(1, 700) as n"
            )
            owner.execute("analyze staging.economic_learned")
            assert reader.execute(
                "select c.relname, c.reltuples from pg_class as c where c.relname = 'economic_learned'"
            ).fetchall() == [("economic_learned", 700)]
            assert reader.execute(
                "select relname from pg_stat_user_tables where relname = 'economic_learned'"
            ).fetchall() == [("economic_learned",)]
            # And nothing of what is in them.
            for query in (
                "select 1 from staging.economic_learned",
                "select 1 from ops.personal_account",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    reader.execute(query.encode())
            assert not reader.execute(
                "select 1 from pg_stats where tablename = 'economic_learned'"
            ).fetchall()
        finally:
            owner.execute("drop table staging.economic_learned")
    assert is_on_the_page("pg_class", "pg_stat_user_tables")
