"""Rights to read, tried: log-ins made as an administrator makes them, at everything the mart has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from saldo.readers.applying import apply_readers
from saldo.readers.loading import Readers
from saldo.readers.reader import Reader
from saldo.warehouse import catalogue
from saldo.warehouse.connection import Connection, connect
from tests.conftest import Cluster

from .books import COMPANIES, PRIVATE, fill
from .logins import login, make
from .past import THEN, book

OWN, OTHER = COMPANIES
MEMBERS = [-1, -2, -3]
READERS = (
    Reader(id="some", login="t_some", user="some@example.com", agreements=(OWN,), personal=True),
    Reader(id="masked", login="t_masked", agreements=(OWN,)),
    Reader(id="all", login="t_all", user="all@example.com", agreements="all", personal=True),
    # Whoever made the log-in gave it more than its file does.
    Reader(id="closed", login="t_closed", agreements=(OWN,)),
)
#: Log-in -> what the administrator let it read.
LOGINS = {
    "t_some": "some", "t_masked": "masked", "t_all": "some", "t_closed": "some", "t_nobody": "some", "t_gateway": "all",
}  # fmt: skip


@dataclass
class Books:
    dsn: str
    owner: Connection
    logins: dict[str, str]

    def of(self, name: str) -> Connection:
        return psycopg.connect(self.logins[name], autocommit=True)


@pytest.fixture(scope="module")
def books(cluster: Cluster, dsn: str) -> Iterator[Books]:
    with connect(dsn) as owner:
        fill(owner)
        book(owner)
        apply_readers(owner, Readers(READERS, ()))
        made = {name: login(cluster, dsn, name, reads) for name, reads in LOGINS.items()}
        yield Books(dsn, owner, {name: one.__enter__() for name, one in made.items()})
        for one in made.values():
            one.__exit__(None, None, None)


def relations(owner: Connection, schema: str = "mart") -> list[str]:
    return [table.name for table in catalogue.tables(owner, schema).values()]


def ask(connection: Connection, query: str, *values: object) -> list[tuple[object, ...]]:
    return connection.execute(query.encode(), list(values) or None).fetchall()


def calls(owner: Connection, schema: str) -> list[str]:
    """A call of every function that gives rows, with a day, a time or a text where it takes one."""
    given = {
        "date": "date '2027-01-01'",
        "timestamp without time zone": f"timestamp '{THEN}'",
        "text": "'x'",
    }
    return [
        f"{schema}.{name}({', '.join(given[kind] for kind in kinds)})"
        for name, kinds in owner.execute(
            "select p.proname::text, array(select format_type(t.type, null) from unnest(p.proargtypes) with ordinality as t (type, place) "
            "where t.place <= p.pronargs - p.pronargdefaults order by t.place) "
            "from pg_proc as p where p.pronamespace = %s::regnamespace and p.proretset order by 1",
            [schema],
        )
    ]  # fmt: skip


def test_every_table_of_the_mart_says_who_reads_it(warehouse: Connection) -> None:
    """A new one gets its policies from the migrator; one without agreement_key needs its own."""
    rows = ask(
        warehouse,
        "select c.relname from pg_class as c where c.relnamespace = 'mart'::regnamespace and c.relkind in ('r', 'p', 'm', 'f') "
        "and (c.relkind in ('m', 'f') or not c.relrowsecurity or (select count(*) from pg_policy as p where p.polrelid = c.oid "
        "and p.polname in ('all_rows', 'own_rows')) <> 2)",
    )
    assert rows == []


def test_every_view_of_the_mart_asks_as_its_reader_or_says_who_reads_it(
    warehouse: Connection,
) -> None:
    rows = ask(
        warehouse,
        "select c.relname from pg_class as c where c.relnamespace = 'mart'::regnamespace and c.relkind = 'v' "
        "and not coalesce(c.reloptions && array['security_invoker=true'], false) "
        "and not (coalesce(c.reloptions && array['security_barrier=true'], false) "
        "and pg_get_viewdef(c.oid) like '%agreements_to_read()%')",
    )
    assert rows == [("exchange_rate_day",)]  # rates are nobody's


def test_functions_of_the_mart_run_as_their_reader(warehouse: Connection) -> None:
    """Those that do not ask first who that is; all others can be masked, which takes a parsed body."""
    rows = ask(
        warehouse,
        "select p.proname::text, p.prosecdef and pg_get_functiondef(p.oid) ~ 'agreements_to_read\\(\\)|who_asks\\(\\)' "
        "from pg_proc as p where p.pronamespace = 'mart'::regnamespace and (p.prosecdef or p.prosqlbody is null) order by 1",
    )
    assert rows == [(name, True) for name in (
        "agreements_to_read", "journal_entries_as_of", "journal_entries_changed_since", "user_to_read_as",
    )]  # fmt: skip


def test_every_text_of_the_mart_is_decided(warehouse: Connection) -> None:
    """Undecided text is hidden from those who may not see what is personal: decide, in a migration."""
    rows = ask(
        warehouse,
        "select c.table_name::text, c.column_name::text from information_schema.columns as c "
        "inner join information_schema.tables as t using (table_schema, table_name) "
        "where c.table_schema = 'mart' and t.table_type = 'BASE TABLE' and c.data_type in ('text', 'jsonb', 'ARRAY', 'character varying') "
        "and not exists (select from ops.personal_column as p where p.table_name in ('*', c.table_name) and p.column_name = c.column_name)",
    )
    assert rows == []


def test_every_fact_of_accounts_tells_its_personal_rows(warehouse: Connection) -> None:
    rows = ask(
        warehouse,
        "select distinct c.table_name::text from information_schema.columns as c "
        "inner join ops.personal_column as p on p.table_name in ('*', c.table_name) and p.column_name = c.column_name "
        "inner join information_schema.columns as a on a.table_schema = 'mart' and a.table_name = c.table_name and a.column_name = 'account_key' "
        "inner join information_schema.tables as t on t.table_schema = 'mart' and t.table_name = c.table_name and t.table_type = 'BASE TABLE' "
        "where c.table_schema = 'mart' and p.is_personal = 'posting' "
        "and c.table_name not in (select r.table_name from ops.personal_row as r)",
    )
    assert rows == []


def test_the_masked_mart_has_everything_the_mart_has(warehouse: Connection) -> None:
    def shapes(schema: str) -> dict[str, list[tuple[str, str]]]:
        return {
            table.name: [(column.name, column.type) for column in table.columns]
            for table in catalogue.tables(warehouse, schema).values()
        }

    assert shapes("mart_masked") == shapes("mart")
    query = "select proname::text, pg_get_function_arguments(oid) from pg_proc where pronamespace = %s::regnamespace and not prosecdef order by 1"
    assert ask(warehouse, query, "mart_masked") == ask(warehouse, query, "mart")


@pytest.mark.parametrize("schema", ["mart", "mart_masked"])
@pytest.mark.parametrize(
    "name", ["t_some", "t_masked", "t_all", "t_gateway", "t_closed", "t_nobody"]
)
def test_a_log_in_reads_its_agreements(books: Books, name: str, schema: str) -> None:
    """Every table, view and function: its rows and the members of dimensions, none else; nobody gets an error for
    having no rights to rows."""
    seen = {
        "t_some": {OWN},
        "t_masked": {OWN},
        "t_all": {*COMPANIES},
        "t_gateway": {*COMPANIES},
    }.get(name, set())
    if (name, schema) == ("t_closed", "mart_masked"):
        seen = {OWN}
    with books.of(name) as reader:
        if (name, schema) == ("t_masked", "mart"):
            for relation in relations(books.owner):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    reader.execute(f"select 1 from mart.{relation}".encode())
            return
        keys = [*(COMPANIES[id] for id in seen), *MEMBERS]
        asked = 0
        for relation in [
            *relations(books.owner, schema),
            *(c.partition(".")[2] for c in calls(books.owner, schema)),
        ]:
            place = f"{schema}.{relation}"
            if relation in ("dim_date", "bridge_user_agreement"):
                continue
            expected = ask(
                books.owner,
                f"select agreement_key, count(*) from {place} where agreement_key = any(%s) group by 1 order by 1",
                keys,
            )
            assert (
                ask(reader, f"select agreement_key, count(*) from {place} group by 1 order by 1")
                == expected
            ), place
            asked += bool(expected)
        assert asked > 12
        assert ask(reader, f"select count(*) from {schema}.dim_date") == ask(
            books.owner, "select count(*) from mart.dim_date"
        )


def test_who_else_reads_is_nobodys_business(books: Books) -> None:
    everybody = [("all@example.com", 101), ("all@example.com", 102), ("some@example.com", 101)]
    query = "select user_name, agreement_key from mart.bridge_user_agreement order by 1, 2"
    assert ask(books.owner, query) == everybody
    with (
        books.of("t_gateway") as gateway,
        books.of("t_some") as some,
        books.of("t_closed") as closed,
    ):
        assert ask(gateway, query) == everybody
        assert ask(some, query) == [("some@example.com", 101)]
        assert ask(closed, query) == []


def test_nothing_personal_is_anywhere_a_masked_log_in_reads(books: Books) -> None:
    """Every relation of the database that it may select from: the catalogue with its statistics, too."""
    found = 0
    with books.of("t_masked") as reader:
        readable = ask(
            reader,
            "select c.oid::regclass::text from pg_class as c where c.relkind in ('r', 'p', 'v', 'm', 'f') "
            "and has_schema_privilege(c.relnamespace, 'usage') and has_table_privilege(c.oid, 'select')",
        )
        places = {str(place) for (place,) in readable}
        assert {"fact_journal_entries", "pg_stats"} <= places
        asked = [*sorted(places), *calls(books.owner, "mart_masked")]
        for place in asked:
            try:
                rows = ask(reader, f"select t::text from {place} as t")
            except psycopg.errors.ObjectNotInPrerequisiteState:
                continue
            # What it asks itself is no secret to it.
            texts = [text for (text,) in rows if "pg_stat_activity" not in place]
            assert not [text for text in texts if PRIVATE in str(text)], place
            found += sum("open" in str(text) for text in texts)
    assert found > 50
    planted = ask(
        books.owner, f"select count(*) from mart.fact_journal_entries where text like '{PRIVATE}%'"
    )
    assert planted == [(4,)]


@pytest.mark.parametrize("function", ["journal_entries_as_of", "journal_entries_changed_since"])
def test_the_past_is_no_way_around(books: Books, function: str) -> None:
    """As the tables: whose agreements, and without what is personal."""
    text = "text" if function == "journal_entries_as_of" else "old_text"
    query = f"select agreement_id, entry_number, {text}, amount_base from {{}}.{function}('{THEN}') order by 1, 2"
    everything = ask(books.owner, query.format("mart"))
    assert [row[0] for row in everything] == [OWN] * 3 + [OTHER] * 3
    assert everything[0] == (OWN, "1", f"{PRIVATE} {OWN} as it was", 10)
    hidden = [(OWN, number, "(hidden)", 10) for number in "12"] + [
        (OWN, "3", f"open {OWN} as it was", 10)
    ]
    for name, schema, expected in (
        ("t_some", "mart", everything[:3]), ("t_gateway", "mart", everything), ("t_nobody", "mart", []),
        ("t_masked", "mart_masked", hidden), ("t_some", "mart_masked", hidden), ("t_closed", "mart", []),
    ):  # fmt: skip
        with books.of(name) as reader:
            assert ask(reader, query.format(schema)) == expected
            # Asked for by name, what is another's is not there.
            theirs = f"select 1 from {schema}.{function}('{THEN}', '{OTHER}')"
            assert len(ask(reader, theirs)) == (3 if name == "t_gateway" else 0)
    with books.of("t_masked") as reader, pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(reader, query.format("mart"))


def test_totals_of_a_masked_log_in_agree_with_the_ledger(books: Books) -> None:
    query = (
        "select account_key, department_key, project_key, date, sum(amount_base), count(*) from {}.fact_journal_entries "
        "where agreement_key = 101 group by 1, 2, 3, 4 order by 1"
    )
    with books.of("t_masked") as reader:
        assert ask(reader, query.format("mart_masked")) == ask(books.owner, query.format("mart"))
        hidden = ask(
            reader,
            "select text, supplier_key, customer_key, document_key, has_pdf from fact_journal_entries where account_number = '2210'",
        )
        assert hidden == [("(hidden)", -3, -3, -3, False)]
        assert ask(reader, "select text from fact_journal_entries where voucher_number = '2'") == [
            ("open nordlys fact_journal_entries.text 3",)
        ]
        assert ask(
            reader, "select name, email from dim_employee where agreement_key > 0 group by 1, 2"
        ) == [("(hidden)", "(hidden)")]


@pytest.mark.parametrize(
    ("number", "code", "shown"),
    [("2215", None, "(hidden)"), ("9000", None, "new"), ("57", "5700", "(hidden)")],
    ids=["personal", "other", "coded"],
)
def test_a_posting_whose_account_is_not_yet_in_the_chart_hides_its_text(
    books: Books, number: str, code: str | None, shown: str
) -> None:
    """By its number; where the vendor's own is not the one people know, nothing is known but that it may be personal."""
    owner = books.owner
    texts = {"fact_journal_entries": "text", "fact_draft_entries": "text", "fact_purchase_documents": "description"}  # fmt: skip
    with books.of("t_masked") as reader:
        try:
            if code:
                owner.execute(
                    "insert into core.account (agreement_id, account_number, name, account_type, sort_key, is_deleted, change_seq, code) "
                    "values (%s, '1', 'x', 'profitAndLoss', 1, false, 1, %s)",
                    [OWN, code],
                )
            for table, text in texts.items():
                owner.execute(
                    f"update mart.{table} set account_key = -1, account_number = %s, {text} = 'new' where account_key = 101003".encode(),
                    [number],
                )
                assert ask(reader, f"select {text} from {table} where account_key = -1") == [
                    (shown,)
                ], table
        finally:
            for table, text in texts.items():
                owner.execute(
                    f"update mart.{table} set account_key = 101003, account_number = '1000', "
                    f"{text} = 'open nordlys {table}.{text} 3' where account_key = -1".encode()
                )
            owner.execute("delete from core.account where code is not null")


def test_a_limited_log_in_cannot_take_what_it_was_not_given(books: Books) -> None:
    owner = str(conninfo_to_dict(books.dsn)["user"])
    for name in ("t_some", "t_masked", "t_nobody"):
        with books.of(name) as reader:
            for forbidden in (
                "set role powerbi", f"set role {owner}", "set role t_all", "set session authorization t_all",
                "select set_config('role', 'powerbi', false)", "alter role t_some set role = powerbi",
                "select * from ops.reader", "select * from core.key_map", "select * from staging.history",
                "select ops.agreements_of('t_all', true)", "select ops.spread_readers()", "select ops.guard_mart()",
                "grant powerbi to t_some", "alter table mart.dim_account disable row level security",
                "create table mart.x (a int)", "create view mart.x as select 1",
            ):  # fmt: skip
                with pytest.raises(psycopg.Error):
                    reader.execute(forbidden.encode())
                assert reader.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
            reader.execute("set default_transaction_read_only = off")
            for schema in ("mart", "mart_masked"):
                for relation in relations(books.owner, schema):
                    for forbidden in (
                        "delete from {}", "insert into {} default values", "truncate {}", "copy {} from stdin",
                        "select 1 from {} for update", "alter table {} owner to t_some", "drop table {}",
                    ):  # fmt: skip
                        with pytest.raises(psycopg.Error):
                            reader.execute(forbidden.format(f"{schema}.{relation}").encode())


def test_the_role_in_force_counts_and_neither_path_nor_settings_help(books: Books) -> None:
    with books.of("t_some") as reader:
        reader.execute("set role saldo_reader")  # which it is a member of, and which has no file
        assert ask(reader, "select count(*) from mart.dim_account where agreement_key > 0") == [
            (0,)
        ]
        reader.execute("reset role")
        for path in ("mart", "mart_masked", "ops, mart", "pg_temp, mart", ""):
            reader.execute(sql.SQL("set search_path = {}").format(sql.Literal(path)))
            rows = ask(reader, "select distinct agreement_key from mart.fact_journal_entries")
            assert rows == [(101,)]
        reader.execute("set row_security = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("select * from mart.fact_journal_entries")


@pytest.mark.parametrize(
    ("name", "schema", "secret"),
    [
        ("t_some", "mart", OTHER),
        ("t_masked", "mart_masked", OTHER),
        ("t_masked", "mart_masked", PRIVATE),
    ],
)
def test_functions_and_errors_tell_nothing_of_other_rows(
    books: Books, name: str, schema: str, secret: str
) -> None:
    """A function of the reader's own, however cheap it claims to be, is not called with a row it may not read; nor is a
    cast, whose error would show the value."""
    told: list[str] = []
    with books.of(name) as reader:
        reader.add_notice_handler(lambda notice: told.append(str(notice.message_primary)))
        reader.execute("set default_transaction_read_only = off")
        reader.execute(
            "create function pg_temp.tell(text) returns boolean language plpgsql cost 0.0000001 as "
            "$$ begin raise notice '%', $1; return false; end $$"
        )
        for column in ("text", "account_name"):
            reader.execute(
                f"select 1 from {schema}.fact_journal_entries where pg_temp.tell({column})".encode()
            )
            reader.execute(
                f"select 1 from {schema}.fact_accounting where pg_temp.tell(text)".encode()
            )
        assert len([text for text in told if "nordlys" in text or "hidden" in text]) >= 9
        with pytest.raises(psycopg.Error) as error:
            reader.execute(
                f"select 1 from {schema}.fact_journal_entries where voucher_number = '1' and text::integer = 1".encode()
            )
        told.append(str(error.value))
        for analyze in ("", "analyze, verbose, "):
            query = f"explain ({analyze}costs off, timing off, summary off) select * from {schema}.fact_journal_entries where text like 'x%'"
            told += [str(line) for (line,) in ask(reader, query)]
        with reader.cursor().copy(
            f"copy (select * from {schema}.fact_journal_entries) to stdout".encode()
        ) as copied:
            told += [bytes(block).decode() for block in copied]
        # What the planner has counted of columns is no way around.
        told += [
            str(row) for row in ask(reader, "select * from pg_stats where schemaname like 'mart%'")
        ]
    assert not [text for text in told if secret in text]


def test_a_change_of_the_files_counts_at_once(books: Books) -> None:
    changed = tuple(
        one.model_copy(update={"agreements": (OTHER,)}) if one.id == "some" else one
        for one in READERS
    )
    query = "select distinct agreement_key from mart.fact_journal_entries order by 1"
    with books.of("t_some") as reader:
        try:
            assert apply_readers(books.owner, Readers(changed, ()))
            assert ask(reader, query) == [(102,)]
            assert apply_readers(
                books.owner, Readers(tuple(r for r in changed if r.id != "some"), ())
            )
            assert ask(reader, query) == []
        finally:
            apply_readers(books.owner, Readers(READERS, ()))
        assert ask(reader, query) == [(101,)]


def test_an_agreement_that_is_new_is_its_readers(books: Books) -> None:
    with connect(books.dsn) as owner, owner.transaction(force_rollback=True):
        owner.execute(
            "insert into mart.dim_agreement (agreement_key, agreement_id, name, vendor, base_currency) values (103, 'oslo', 'Oslo', 'xledger', 'NOK')"
        )
        owner.execute("set constraints all immediate")
        assert ask(
            owner, "select user_name from mart.bridge_user_agreement where agreement_key = 103"
        ) == [("all@example.com",)]


def test_readers_and_an_agreement_that_come_at_one_moment_see_each_other(books: Books) -> None:
    """The agreement is there and not committed while the files are applied: one reader gains rights and another loses them."""
    changed = (
        *(one for one in READERS if one.id != "all"),
        Reader(id="new", user="new@example.com", agreements="all"),
    )
    query = "select user_name from mart.bridge_user_agreement where agreement_key = 103"
    with connect(books.dsn) as loading:
        try:
            with loading.transaction():
                loading.execute(
                    "insert into mart.dim_agreement (agreement_key, agreement_id, name, vendor, base_currency) "
                    "values (103, 'oslo', 'Oslo', 'xledger', 'NOK')"
                )
                apply_readers(books.owner, Readers(changed, ()))
            assert ask(loading, query) == [("new@example.com",)]
        finally:
            books.owner.execute("delete from mart.dim_agreement where agreement_key = 103")
            apply_readers(books.owner, Readers(READERS, ()))
        assert ask(loading, query) == []


def test_a_load_brings_no_right_back_that_was_taken_meanwhile(books: Books) -> None:
    """It sees the readers that there were when it began, and is not disturbed by those that went."""
    query = "select agreement_key from mart.bridge_user_agreement where user_name = 'all@example.com' and agreement_key < 103"
    with connect(books.dsn) as loading:
        try:
            with loading.transaction():
                loading.execute("set transaction isolation level repeatable read")
                assert len(ask(loading, query)) == 2
                apply_readers(
                    books.owner, Readers(tuple(one for one in READERS if one.id != "all"), ())
                )
                loading.execute(
                    "insert into mart.dim_agreement (agreement_key, agreement_id, name, vendor, base_currency) "
                    "values (103, 'oslo', 'Oslo', 'xledger', 'NOK')"
                )
            assert ask(loading, query) == []
        finally:
            books.owner.execute("delete from mart.dim_agreement where agreement_key = 103")
            apply_readers(books.owner, Readers(READERS, ()))
        assert len(ask(loading, query)) == 2


def test_what_a_migration_adds_is_guarded_and_masked(books: Books) -> None:
    """Whoever writes it thinks of nothing: not even of what its text says."""
    owner = books.owner
    try:
        owner.execute(
            "create table mart.fact_bonus (bonus_key bigint primary key, agreement_key bigint, account_key bigint, whom text, amount numeric(19, 4))"
        )
        owner.execute(
            "create view mart.bonus_sum as select agreement_key, whom, sum(amount) as amount from mart.fact_bonus group by 1, 2"
        )
        owner.execute("create table mart.dim_color (color_key bigint primary key, name text)")
        owner.execute(
            "insert into mart.fact_bonus values (1, 101, 1, 'Anna', 10), (2, 102, 1, 'Bent', 20)"
        )
        owner.execute("insert into mart.dim_color values (1, 'red')")
        owner.execute("select ops.guard_mart()")
        for name, schema, expected in (
            ("t_some", "mart", [("Anna", 10)]), ("t_masked", "mart_masked", [(None, 10)]), ("t_nobody", "mart", []),
            ("t_gateway", "mart", [("Anna", 10), ("Bent", 20)]),
        ):  # fmt: skip
            with books.of(name) as reader:
                for place in ("fact_bonus", "bonus_sum"):
                    assert (
                        ask(reader, f"select whom, amount from {schema}.{place} order by 1")
                        == expected
                    )
                # Whose it is, is not said: nobody's but theirs who see all.
                seen = ask(reader, f"select count(*) from {schema}.dim_color")
                assert seen == [(int(name == "t_gateway"),)]
    finally:
        owner.execute("drop view if exists mart_masked.bonus_sum, mart.bonus_sum")
        owner.execute("drop view if exists mart_masked.fact_bonus, mart_masked.dim_color")
        owner.execute("drop table if exists mart.fact_bonus, mart.dim_color")


@pytest.mark.parametrize(
    ("made", "says"),
    [
        ("view mart.leak as select a.agreement_id, a.name from core.account as a", "mart.leak reads tables outside mart"),
        ("view mart.leak with (security_barrier = true) as select a.name from core.account as a", "mart.leak reads tables"),
        ("view mart.leak with (security_invoker = true) as select a.name from core.account as a", "mart.leak reads tables"),
        ("materialized view mart.leak as select * from mart.dim_account", "mart.leak is no table and no view"),
        (
            "function mart.leak() returns setof text language sql stable security definer begin atomic select a.name from core.account as a; end",
            r"mart.leak\(\) runs with the rights of its owner",
        ),
    ],
    ids=["view", "barrier", "invoker", "materialized", "function"],
)  # fmt: skip
def test_what_no_policy_can_guard_is_refused(books: Books, made: str, says: str) -> None:
    with connect(books.dsn) as owner, owner.transaction(force_rollback=True):
        owner.execute(f"create {made}".encode())
        with pytest.raises(psycopg.errors.RaiseException, match=says), owner.transaction():
            owner.execute("select ops.guard_mart()")
        kind = next(
            one for one in ("materialized view", "view", "function") if made.startswith(one)
        )
        owner.execute(f"drop {kind} mart.leak".encode())
        owner.execute("select ops.guard_mart()")


def test_a_log_in_may_be_made_another(cluster: Cluster, books: Books) -> None:
    admin = make_conninfo(cluster.admin_dsn, dbname=str(conninfo_to_dict(books.dsn)["dbname"]))
    query = "select count(distinct agreement_key) from {}.fact_journal_entries"
    with login(cluster, books.dsn, "t_changing", "all") as found:
        with psycopg.connect(found) as reader:
            assert ask(reader, query.format("mart")) == [(2,)]
        make(cluster, admin, "t_changing", "some")
        with psycopg.connect(found) as reader:
            assert ask(reader, query.format("mart")) == [(0,)]
        make(cluster, admin, "t_changing", "masked")
        with psycopg.connect(found, autocommit=True) as reader:
            assert ask(reader, "show search_path") == [("mart_masked",)]
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                ask(reader, query.format("mart"))
