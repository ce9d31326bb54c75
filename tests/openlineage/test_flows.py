"""What tasks are said to read and write, for every entity of every vendor, without an Airflow."""

from __future__ import annotations

import pytest

from saldo.openlineage.datasets import Dataset, Flow, Warehouse, served, stored
from saldo.openlineage.flows import of_facts, of_lake, of_landing
from saldo.runs.sync_run import Counts
from saldo.transform.facts import MART
from saldo.transform.mart.writer import Changes
from saldo.vendors import SOURCES, VENDORS
from tests.support import agreement

#: A password, which is in no name.
WORD = "hidden-word"
WAREHOUSE = Warehouse.of(
    f"host=db.example.com port=6000 user=saldo password={WORD} dbname=books sslmode=require"
)
ECONOMIC = {"host": "https://rest.example.com/v1", "openapi_host": "https://open.example.com"}


def names(datasets: tuple[Dataset, ...]) -> list[str]:
    return [dataset.name for dataset in datasets]


@pytest.mark.parametrize("vendor", SOURCES)
def test_every_entity_comes_from_its_vendor_and_goes_into_staging_and_core(vendor: str) -> None:
    says = SOURCES[vendor]
    addresses = {
        field: f"https://{field.replace('_', '-')}.example.com" for field in says.addresses
    }
    for entity in says.entities:
        flow = of_landing(says, [entity.name], addresses, WAREHOUSE, {})
        [read] = flow.inputs
        assert (read.name, read.namespace) == (entity.name, addresses[says.served_at(entity)])
        assert read.fields
        assert names(flow.outputs)[0] == f"books.staging.{vendor}_{entity.name}"
        assert len(flow.outputs) > 1
        assert all(name.startswith("books.core.") for name in names(flow.outputs)[1:])


def test_an_entity_is_at_the_service_that_has_it() -> None:
    flow = of_landing(VENDORS["economic"], ["accounts", "entries"], ECONOMIC, WAREHOUSE, {})
    assert [each.namespace for each in flow.inputs] == [
        "https://rest.example.com", "https://open.example.com",
    ]  # fmt: skip


def test_what_was_landed_twice_is_counted_twice_and_a_whole_with_its_parts() -> None:
    counts = {
        "draft_invoice_lines": [Counts(read=7, inserted=7), Counts(read=8, updated=1, unchanged=7)],
        "draft_invoices": [Counts(read=2, inserted=1, deleted=1)],
    }
    flow = of_landing(
        VENDORS["economic"], ["draft_invoice_lines", "units"], ECONOMIC, WAREHOUSE, counts
    )
    assert {each.name: each.rows for each in flow.inputs} == {
        "draft_invoice_lines": 15, "units": None, "draft_invoices": 2,
    }  # fmt: skip
    written = {each.name: each.rows for each in flow.outputs}
    assert written["books.staging.economic_draft_invoice_lines"] == 8
    assert written["books.staging.economic_draft_invoices"] == 2
    assert written["books.staging.economic_units"] is None


@pytest.mark.parametrize(
    ("vendor", "receivables"),
    [("economic", "books.core.ledger_entry"), ("xledger", "books.core.receivable")],
)
def test_facts_read_core_and_fill_the_mart(vendor: str, receivables: str) -> None:
    flow = of_facts(VENDORS[vendor], WAREHOUSE, {"dim_account": Changes(3, 2, 1)})
    written = {each.name: each.rows for each in flow.outputs}
    filled = {name.removeprefix("books.mart.") for name in written if ".mart." in name}
    assert filled <= set(MART)
    assert {"fact_journal_entries", "fact_receivables", "dim_account"} <= filled
    assert written["books.mart.dim_account"] == 6
    assert written["books.mart.dim_vat"] is None
    # What is written on the way is no input, in core either.
    assert "books.core.account_month" in written
    read = names(flow.inputs)
    assert receivables in read
    assert not set(read) & set(written)
    assert {name for name in read if ".core." not in name} == {"books.mart.dim_date"}


def test_no_log_in_is_in_a_name() -> None:
    assert (WAREHOUSE.namespace, WAREHOUSE.database) == ("postgres://db.example.com:6000", "books")
    entity = VENDORS["economic"].entity("units")
    found = served(entity, f"https://me:{WORD}@rest.example.com:8443/v1?token={WORD}")
    assert found.namespace == "https://rest.example.com:8443"


@pytest.mark.parametrize(
    ("url", "namespace", "name"),
    [
        ("/var/lake/staging", "file", "/var/lake/staging"),
        ("s3://lake/staging/entries", "s3://lake", "staging/entries"),
        (f"s3://key:{WORD}@lake/entries?sig={WORD}", "s3://key@lake", "entries"),
        ("abfss://c@a.dfs.core.windows.net/x/", "abfss://c@a.dfs.core.windows.net", "x"),
    ],
)
def test_a_file_is_named_by_where_it_is_kept(url: str, namespace: str, name: str) -> None:
    assert stored(url, rows=3) == Dataset(namespace, name, rows=3)


def test_only_tables_of_the_warehouse_are_described() -> None:
    flow = Flow((), (WAREHOUSE.table("core.unit"), stored("s3://books.core.unit/x")))
    assert WAREHOUSE.written(flow) == ["core.unit"]


@pytest.mark.parametrize("vendor", SOURCES)
def test_a_lake_is_a_folder_for_each_entity_out_of_staging(vendor: str) -> None:
    of = agreement("a", vendor=vendor, exclude=[SOURCES[vendor].entities[-1].name])
    wanted = [entity.name for entity in SOURCES[vendor].entities[:-1]]
    before = of_lake(SOURCES[vendor], of, WAREHOUSE, "abfs://lake@/x-prod/a", None)
    assert names(before.inputs) == [f"books.staging.{vendor}_{name}" for name in wanted]
    assert names(before.outputs) == [f"x-prod/a/{name}" for name in wanted]
    assert {each.namespace for each in before.outputs} == {"abfs://lake@"}
    assert {each.rows for each in before.outputs} == {None}
    after = of_lake(SOURCES[vendor], of, WAREHOUSE, "file:///srv/lake/x-dev/a", {wanted[0]: 7})
    assert [each.rows for each in after.outputs] == [7, *[0] * (len(wanted) - 1)]
