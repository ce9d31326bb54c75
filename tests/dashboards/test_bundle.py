"""What the Superset bundle asks for is in the warehouse, each measure runs, and they equal what proof has proven. Superset itself
imports the bundle in tests/dashboards/test_superset.py, which takes minutes."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from saldo.warehouse.connection import Connection, connect
from tests.conftest import Cluster
from tests.dashboards.bundle import (
    ROOT,
    columns_of,
    datasets,
    files,
    metrics_of,
    path_of,
    statement,
)
from tests.files.dropping import Drop, wide
from tests.support import PROJECT, Company, Sandbox, night, proven

ZERO = Decimal(0)


@pytest.fixture(scope="module")
def books(dsn: str, sandbox: Sandbox) -> Company:
    """Books of three years, proven."""
    found = sandbox.company("shown", entries=1_000, customers=20, suppliers=10)
    assert not night(dsn, found).errors
    proven(dsn, found)
    return found


def named(name: str) -> dict[str, Any]:
    [found] = [one for one in datasets().values() if one["table_name"] == f"saldo_{name}"]
    return found


def value(warehouse: Connection, name: str, shown: str, where: str = "true") -> Any:
    row = warehouse.execute(statement(named(name), shown, where)).fetchone()
    assert row
    return row[0]


def several(name: str, column: str) -> str:
    """Rows of a dataset, each twice: the second time of another currency or scenario, or a month later."""
    other = "v.month + 31" if column == "month" else "'other'"
    columns = [one["column_name"] for one in named(name)["columns"]]
    shown = ", ".join(
        f"case x.n when 1 then v.{one} else {other} end as {one}" if one == column else f"v.{one}"
        for one in columns
    )
    return f"select {shown} from ({named(name)['sql']}) as v cross join (values (1), (2)) as x (n)"


def no_sum_of_several(warehouse: Connection, name: str, column: str, where: str) -> None:
    """Each measure has a value, and none where these rows are of several."""
    for metric in named(name)["metrics"]:
        shown, rows = metric["expression"], several(name, column)
        assert value(warehouse, name, shown, where) is not None, metric["metric_name"]
        row = warehouse.execute(
            f"select {shown} from ({rows}) as r where {where}".encode()
        ).fetchone()
        assert row == (None,), (metric["metric_name"], column)


# --- the files -----------------------------------------------------------------------------------


def test_every_asset_is_found_by_what_names_it() -> None:
    [database] = files("databases")
    [dashboard] = files("dashboards")
    charts = {chart["uuid"]: chart for chart in files("charts")}
    every = [database, dashboard, *datasets().values(), *charts.values()]
    assert max(Counter(one["uuid"] for one in every).values()) == 1
    assert {one["version"] for one in every} == {"1.0.0"}
    assert {one["database_uuid"] for one in datasets().values()} == {database["uuid"]}
    assert {chart["dataset_uuid"] for chart in charts.values()} == set(datasets())
    placed = [
        node["meta"]["uuid"]
        for node in dashboard["position"].values()
        if isinstance(node, dict) and node["type"] == "CHART"
    ]
    assert sorted(placed) == sorted(charts)
    for one in dashboard["metadata"]["native_filter_configuration"]:
        for target in one["targets"]:
            if target:
                columns = datasets()[target["datasetUuid"]]["columns"]
                assert target["column"]["name"] in {column["column_name"] for column in columns}
    assert "password" not in database["sqlalchemy_uri"]
    assert "@" in database["sqlalchemy_uri"]
    assert ":" not in database["sqlalchemy_uri"].partition("://")[2].partition("@")[0]


def test_rows_are_twelve_wide_at_most_and_all_hangs_together() -> None:
    [dashboard] = files("dashboards")
    position = dashboard["position"]
    nodes = {id: node for id, node in position.items() if isinstance(node, dict)}
    for node in nodes.values():
        assert set(node.get("children", ())) <= set(nodes)
        if node["type"] == "ROW":
            assert sum(nodes[child]["meta"]["width"] for child in node["children"]) <= 12
    reached = {"ROOT_ID", "HEADER_ID", "GRID_ID"}
    waiting = ["ROOT_ID"]
    while waiting:
        children = nodes[waiting.pop()].get("children", [])
        reached |= {*children}
        waiting += children
    assert reached == set(nodes)


def test_charts_ask_for_what_their_dataset_has() -> None:
    for chart in files("charts"):
        dataset = datasets()[chart["dataset_uuid"]]
        columns = {column["column_name"] for column in dataset["columns"]}
        metrics = {metric["metric_name"] for metric in dataset["metrics"]}
        params = chart["params"]
        asked = {*columns_of(chart), *(one["subject"] for one in params["adhoc_filters"])}
        asked |= {json.loads(order)[0] for order in params.get("order_by_cols", ())}
        assert asked <= columns, chart["slice_name"]
        assert set(metrics_of(chart)) <= metrics, chart["slice_name"]
        assert asked or metrics_of(chart)
        assert chart["description"], chart["slice_name"]


def test_no_chart_leaves_its_smallest_lines_out() -> None:
    """With a limit of series Superset shows the largest: of a balance, debits; what is stacked is no longer 0."""
    for chart in files("charts"):
        limits = [chart["params"].get(name) for name in ("limit", "series_limit")]
        assert not any(limits), chart["slice_name"]


def test_every_column_and_measure_says_what_it_is() -> None:
    for dataset in datasets().values():
        assert dataset["description"]
        for one in (*dataset["columns"], *dataset["metrics"]):
            assert one["description"], one
            assert one["verbose_name"], one


def test_the_page_names_every_measure() -> None:
    text = (PROJECT / "docs" / "dashboards.md").read_text()
    names = [m["verbose_name"] for one in datasets().values() for m in one["metrics"]]
    assert [name for name in names if f"| {name} |" not in text] == []
    assert [
        chart["slice_name"] for chart in files("charts") if chart["slice_name"] not in text
    ] == []


# --- the warehouse -------------------------------------------------------------------------------


@pytest.fixture
def reader(dsn: str, cluster: Cluster, books: Company) -> Iterator[Connection]:
    """With the rights of what reports log in as: mart alone can be read."""
    database = str(conninfo_to_dict(dsn)["dbname"])
    with connect(make_conninfo(cluster.admin_dsn, dbname=database)) as connection:
        connection.execute("set role powerbi")
        yield connection


@pytest.mark.parametrize("dataset", datasets().values(), ids=lambda one: one["table_name"])
def test_a_dataset_has_the_columns_it_says(reader: Connection, dataset: dict[str, Any]) -> None:
    cursor = reader.execute(statement(dataset, "*"))
    assert cursor.description
    assert {column["column_name"] for column in dataset["columns"]} == {
        column.name for column in cursor.description
    }, path_of(dataset)
    kinds = {20: "INTEGER", 23: "INTEGER", 25: "STRING", 16: "BOOLEAN", 1082: "DATE", 1114: "TIMESTAMP", 1700: "DECIMAL"}  # fmt: skip
    found = {column.name: kinds[column.type_code] for column in cursor.description}
    assert {column["column_name"]: column["type"] for column in dataset["columns"]} == found


def test_every_measure_of_every_chart_runs(reader: Connection) -> None:
    for chart in files("charts"):
        dataset = datasets()[chart["dataset_uuid"]]
        expressions = {one["metric_name"]: one["expression"] for one in dataset["metrics"]}
        columns = columns_of(chart)
        shown = [*columns, *(expressions[name] for name in metrics_of(chart))]
        grouped = f" group by {', '.join(columns)}" if columns and metrics_of(chart) else ""
        text = statement(dataset, ", ".join(shown)) + grouped.encode()
        assert reader.execute(text).description, chart["slice_name"]


def test_nobody_writes_or_reads_elsewhere_by_it(reader: Connection) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute("select * from ops.sync_run")
    for dataset in datasets().values():
        assert "ops." not in dataset["sql"]
        assert "core." not in dataset["sql"]
        assert "staging." not in dataset["sql"]


# --- the same numbers as proof -------------------------------------------------------------------


def test_the_result_of_a_year_is_what_the_vendor_says(
    warehouse: Connection, books: Company
) -> None:
    said = warehouse.execute(
        "select o.period, -sum(o.vendor_value) from ops.proof as o "
        "inner join mart.dim_agreement as g using (agreement_id) "
        "inner join mart.dim_account as a on a.agreement_key = g.agreement_key and a.account_number = o.account_number "
        "where o.control = 'account_year_totals' and o.agreement_id = %s and not a.is_balance_sheet group by o.period",
        [books.id],
    ).fetchall()  # fmt: skip
    assert len(said) > 1
    shown = dict(
        warehouse.execute(
            statement(named("result"), "accounting_year, sum(amount)") + b" group by 1"
        ).fetchall()
    )
    assert {year: shown[year] for year, _ in said} == dict(said)
    assert any(total for _, total in said)


def test_income_less_costs_is_the_result(warehouse: Connection, books: Company) -> None:
    """Income is of accounts, not of their departments: one that corrects another is no cost."""
    of = {one["metric_name"]: one["expression"] for one in named("result")["metrics"]}
    total = value(warehouse, "result", f"{of['income']} - ({of['costs']})")
    assert total == value(warehouse, "result", of["result"]) != 0
    months = (
        "with account as (select -sum(f.amount_base) as amount from mart.fact_journal_entries as f "
        "inner join mart.dim_account as a using (account_key) where not f.is_opening and not a.is_balance_sheet "
        "group by f.account_key, date_trunc('month', f.date)) select sum(amount) filter (where amount > 0), "
        "-sum(amount) filter (where amount < 0) from account"
    )
    with warehouse.transaction(force_rollback=True):
        # A department with as much again, and one that takes it back.
        warehouse.execute(
            "insert into mart.fact_account_balance_month select (jsonb_populate_record(b, jsonb_build_object("
            "'department_key', b.department_key + 1000000 * n, 'movement_base', n * b.movement_base))).* "
            "from mart.fact_account_balance_month as b, (values (1), (-1)) as x (n) where b.agreement_id = %s",
            [books.id],
        )
        shown = [value(warehouse, "result", of[name]) for name in ("income", "costs")]
        assert shown == list(warehouse.execute(months.encode()).fetchone() or ())


def test_what_is_said_of_all_companies_is_not_of_the_one_that_is_chosen() -> None:
    [dashboard] = files("dashboards")
    filters = dashboard["metadata"]["native_filter_configuration"]
    [company] = [one for one in filters if one["name"] == "Company"]
    tabs = [place for place in dashboard["position"] if place.startswith("TAB-")]
    assert set(company["scope"]["rootPath"]) == {*tabs} - {"TAB-freshness-and-proof"}


def test_the_balance_of_every_month_is_nought_and_its_accounts_are_the_ledgers(
    warehouse: Connection, books: Company
) -> None:
    months = warehouse.execute(
        statement(named("balance"), "month, sum(amount)") + b" group by month"
    ).fetchall()
    assert len(months) > 12
    assert {total for _, total in months} == {ZERO}
    ledger = dict(
        warehouse.execute(
            "select f.account_number, sum(amount_base) from mart.fact_journal_entries as f "
            "inner join mart.dim_account as a using (account_key) where a.is_balance_sheet "
            # Its openings are what the years before have left.
            "and f.accounting_year = (select max(accounting_year) from mart.fact_journal_entries) "
            "group by f.account_number having sum(amount_base) <> 0"
        ).fetchall()
    )  # fmt: skip
    shown = dict(
        warehouse.execute(
            statement(
                named("balance"),
                "split_part(account, ' ', 1), sum(amount)",
                "is_newest and is_balance_sheet",
            )
            + b" group by 1 having sum(amount) <> 0"
        ).fetchall()
    )
    assert shown == ledger


def test_a_posting_dated_3026_is_not_the_newest_month(
    warehouse: Connection, books: Company
) -> None:
    newest = value(warehouse, "balance", "max(month)")
    with warehouse.transaction(force_rollback=True):
        # In a month of its own and in no accounting year, as the facts have it.
        warehouse.execute("create temporary table far on commit drop as select * from mart.fact_account_balance_month where month = %s limit 1", [newest])  # fmt: skip
        warehouse.execute("update far set month = '3026-01-01', first_day = '3026-01-01', last_day = '3026-01-31', accounting_year = null")  # fmt: skip
        warehouse.execute("insert into mart.fact_account_balance_month select * from far")
        assert value(warehouse, "balance", "max(month)").year == 3026
        assert value(warehouse, "balance", "array_agg(distinct month)", "is_newest") == [newest]
        # Books that know no years go by their months.
        warehouse.execute("update mart.fact_account_balance_month set accounting_year = null")
        assert value(warehouse, "balance", "array_agg(distinct month)", "is_newest") == [newest]
        warehouse.execute("delete from mart.fact_account_balance_month where month < '3026-01-01'")
        assert value(warehouse, "balance", "max(month)", "is_newest").year == 3026


def test_what_is_posted_ahead_is_in_no_balance_of_today(
    warehouse: Connection, books: Company
) -> None:
    """As of an accrual whose months are posted with its invoice: the balance is of the month in which the books were read."""
    with warehouse.transaction(force_rollback=True):
        warehouse.execute(
            "update ops.sync_run set started_at = '2026-08-15 21:30Z', finished_at = '2026-08-15 21:30Z'"
        )
        assert value(warehouse, "balance", "max(month)") > date(2026, 8, 1)
        shown = value(warehouse, "balance", "array_agg(distinct month)", "is_newest")
        assert shown == [date(2026, 8, 1)]
        # Of books whose runs are long forgotten nobody knows the day.
        warehouse.execute("update ops.sync_run set status = 'failed'")
        shown = value(warehouse, "balance", "array_agg(distinct month)", "is_newest")
        assert shown == [value(warehouse, "balance", "max(month)")]


def test_two_agreements_of_one_company_are_two(warehouse: Connection, books: Company) -> None:
    """As after a move to another accounting system: no balance is of both."""
    shown = ("balance", "result", "open_items", "proof")
    [[name]] = warehouse.execute("select name from mart.dim_agreement where agreement_id = %s", [books.id]).fetchall()  # fmt: skip
    for dataset in shown:
        assert value(warehouse, dataset, "array_agg(distinct company)") == [name]
    amount = "sum(abs(amount))"
    balance = value(warehouse, "balance", amount, "is_newest")
    assert balance
    with warehouse.transaction(force_rollback=True):
        for table in ("dim_agreement", "fact_account_balance_month"):
            warehouse.execute(
                f"create temporary table new on commit drop as select * from mart.{table} "
                f"where agreement_id = '{books.id}'".encode()
            )
            warehouse.execute("update new set agreement_key = 1000000, agreement_id = 'moved'")
            if table == "dim_agreement":
                # One name to Power BI as well, whatever its case.
                warehouse.execute("update new set name = upper(name)")
            warehouse.execute(f"insert into mart.{table} select * from new".encode())
            warehouse.execute("drop table new")
        old, new = f"{name} ({books.id})", f"{name.upper()} (moved)"
        for dataset in shown:
            both = {old} if dataset == "open_items" else {old, new}
            found = value(warehouse, dataset, "array_agg(distinct company)")
            assert set(found) == both, dataset
        for company in (old, new):
            of_one = f"is_newest and company = '{company}'"
            assert value(warehouse, "balance", amount, of_one) == balance
    named_by = [
        re.findall(r"g\.name \|\| .* as company", one["sql"]) for one in datasets().values()
    ]
    assert len({text for texts in named_by for text in texts}) == 1
    assert all(named_by)


def test_what_is_open_is_what_the_facts_hold_open(warehouse: Connection, books: Company) -> None:
    for side, table, sign in (("Receivables", "fact_receivable_details", 1), ("Payables", "fact_payable_details", -1)):  # fmt: skip
        row = warehouse.execute(
            f"select coalesce(sum(amount_base), 0) from mart.{table} where date <= current_date".encode()
        ).fetchone()
        assert row
        assert value(warehouse, "open_items", "coalesce(sum(amount), 0)", f"side = '{side}'") == sign * row[0]  # fmt: skip
    assert value(warehouse, "open_items", "count(*)") > 0


def test_the_budget_is_what_its_file_says(
    warehouse: Connection, books: Company, tmp_path: Path
) -> None:
    last = warehouse.execute("select max(date) from mart.fact_journal_entries").fetchone()
    assert last
    drop = Drop(warehouse, tmp_path, books, values={"scenario": "plan", "sign": "ledger"})
    drop.put(
        "plan.csv",
        wide(("1010", "", "-1000"), ("2210", "", "400"), ("5820", "", "7"), year=last[0].year),
    )
    assert drop.look().accepted
    assert value(warehouse, "budget", "sum(budget)") == 12 * (1000 - 400)
    actual = value(warehouse, "budget", "sum(actual)")
    year = f"date_trunc('year', month) = date '{last[0].year}-01-01'"
    assert actual == value(warehouse, "result", "sum(amount)", year) != 0
    of = {one["metric_name"]: one["expression"] for one in named("budget")["metrics"]}
    with warehouse.transaction(force_rollback=True):
        # Read on a day in August: what is to come is no variance.
        warehouse.execute(
            "update ops.sync_run set started_at = at.done, finished_at = at.done "
            "from (select make_timestamptz(%s, 8, 15, 21, 30, 0, 'utc') as done) as at",
            [last[0].year],
        )
        to_date = value(
            warehouse, "result", "sum(amount)", f"{year} and extract(month from month) <= 8"
        )
        assert to_date not in (0, actual)
        assert value(warehouse, "budget", of["actual_to_date"]) == to_date
        assert value(warehouse, "budget", of["budget_to_date"]) == 8 * 600
        assert value(warehouse, "budget", of["variance"]) == to_date - 8 * 600

    for column in ("scenario", "currency"):
        no_sum_of_several(warehouse, "budget", column, "budget <> 0")


@pytest.mark.parametrize(
    ("dataset", "column", "where"),
    [
        ("result", "currency", "true"),
        ("open_items", "currency", "true"),
        ("balance", "currency", "is_newest"),
        ("balance", "month", "is_newest"),
    ],
)
def test_what_does_not_add_up_is_not_added_up(
    warehouse: Connection, books: Company, dataset: str, column: str, where: str
) -> None:
    """A filter can be cleared, and a chart of one's own has none."""
    no_sum_of_several(warehouse, dataset, column, where)


def test_proof_is_what_is_shown_of_it(warehouse: Connection, books: Company) -> None:
    of = {one["metric_name"]: one["expression"] for one in named("proof")["metrics"]}
    where = f"company = '{books.id} ApS'"
    assert value(warehouse, "proof", of["companies"]) == 1, where
    assert value(warehouse, "proof", of["not_proven"]) == 0
    assert value(warehouse, "proof", of["largest_difference"]) == 0
    age = value(warehouse, "proof", of["oldest_hours"])
    assert 0 <= age < 2
    with warehouse.transaction(force_rollback=True):
        warehouse.execute(
            "update ops.proof set difference = 7, ok = false where proof_id = (select max(proof_id) from ops.proof where "
            "control = 'account_year_totals')"
        )
        assert value(warehouse, "proof", of["largest_difference"]) == 7
        assert value(warehouse, "proof", of["not_proven"]) == 1


def test_the_bundle_is_what_superset_reads() -> None:
    found = {path.relative_to(ROOT).parts[0] for path in ROOT.rglob("*.yaml")}
    assert found == {"metadata.yaml", "databases", "datasets", "charts", "dashboards"}
