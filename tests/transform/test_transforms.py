"""Headers of the SQL files, and what becomes of a file that does not fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from saldo.errors import ConfigError
from saldo.transform import headers as transforms
from saldo.transform.core import to_core
from saldo.transform.headers import (
    core_files,
    core_transform,
    core_transforms,
    read_transform,
)
from saldo.vendors import VENDORS
from saldo.warehouse.connection import Connection
from tests.support import ENTITIES

HEADER = "-- grain: one unit\n-- reads: staging.economic_units\n-- writes: core.unit\n-- sign and currency: none\n"


def test_a_header_names_tables_and_may_say_more(tmp_path: Path) -> None:
    path = tmp_path / "x.sql"
    path.write_text(
        "-- grain: one\n-- reads: core.account (the whole chart), mart.dim_vat\n"
        "-- writes: core.key_map, mart.dim_account\n-- sign and currency: none\nselect 1\n"
    )
    found = read_transform(path)
    assert found.reads == ("core.account", "mart.dim_vat")
    assert found.writes == ("core.key_map", "mart.dim_account")
    assert (found.target, found.body) == ("mart.dim_account", "select 1")


@pytest.mark.parametrize("text", ["", "select 1\n", "-- grain: one\n-- writes: core.unit\n\n\n"])
def test_a_file_without_its_header_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "y.sql"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"y\.sql must begin with the lines -- grain:, -- reads:"):
        read_transform(path)


def test_a_header_without_tables_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "z.sql"
    path.write_text(HEADER.replace("staging.", "") + "select 1\n")
    with pytest.raises(ConfigError, match=r"z\.sql must name what it reads and writes, as schema"):
        read_transform(path)


ALIKE = "-- grain: one\n-- reads: staging.v_{}, core.unit\n-- writes: core.unit\n-- sign and currency: none\n"


def test_a_file_may_be_as_another_in_its_own_words(tmp_path: Path) -> None:
    (tmp_path / "bills.sql").write_text(
        ALIKE.format("bills")
        + "-- Of 'bill's.\nselect 'bill' as kind, 'bills' as x\nfrom changed as c\n"
    )
    (tmp_path / "notes.sql").write_text(
        ALIKE.format("notes") + "-- as: bills.sql, 'note' for 'bill'\n"
    )
    found = read_transform(tmp_path / "notes.sql")
    assert (found.entity, found.source, found.target) == ("notes", "staging.v_notes", "core.unit")
    assert found.body == "-- Of 'note's.\nselect 'note' as kind, 'bills' as x\nfrom changed as c"
    assert "'bill' as kind" in read_transform(tmp_path / "bills.sql").body


@pytest.mark.parametrize(
    ("said", "header", "problem"),
    [
        ("bills.sql, 'note' for 'bil'", ALIKE, r"notes\.sql is as bills\.sql, which has no 'bil'"),
        ("bill.sql", ALIKE, r"is as bill\.sql, which is no other file"),
        ("notes.sql", ALIKE, r"is as notes\.sql, which is no other file"),
        ("bills.sql\nselect 1", ALIKE, "write the file beside it and the words that differ"),
        ("bills.sql, 'note' for bill", ALIKE, "write the file beside it and the words that differ"),
        ("../bills.sql", ALIKE, "write the file beside it and the words that differ"),
        ("bills.sql", ALIKE.replace(", core.unit", ""), "must read and write the same tables"),
        ("bills.sql", ALIKE.replace("core.unit\n--", "core.product\n--"), "must read and write"),
    ],
)
def test_a_file_that_cannot_be_as_another_is_refused(
    tmp_path: Path, said: str, header: str, problem: str
) -> None:
    (tmp_path / "bills.sql").write_text(ALIKE.format("bills") + "select 'bill' as kind\n")
    (tmp_path / "notes.sql").write_text(header.format("notes") + f"-- as: {said}\n")
    with pytest.raises(ConfigError, match=problem):
        read_transform(tmp_path / "notes.sql")


def test_receipts_are_as_purchase_invoices() -> None:
    for file in core_files("moneybird", "receipts"):
        assert file.source == "staging.moneybird_receipts"
        assert "'receipt'" in file.body
        assert "purchase_invoice" not in file.body


def test_files_of_a_vendor_are_found_by_their_entities() -> None:
    assert {transform.path.stem for transform in core_transforms("economic")} == {*ENTITIES}
    assert core_transform("economic", "units").target == "core.unit"
    with pytest.raises(
        ConfigError, match=r"nothing of economic has no transform; write .*nothing\.sql"
    ):
        core_transform("economic", "nothing")


def test_a_select_that_does_not_fit_its_table_is_named(
    warehouse: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "core" / "economic").mkdir(parents=True)
    monkeypatch.setattr(transforms, "SQL_DIR", tmp_path)
    own = replace(VENDORS["economic"], sql=tmp_path / "core" / "economic")
    monkeypatch.setitem(VENDORS, "economic", own)
    (own.core_sql / "units.sql").write_text(
        f"{HEADER}select\n    c.source_key as unit_number,\n    'x' as title\nfrom changed as c\n"
    )
    warehouse.execute("create table staging.economic_units (like staging.template including all)")
    with pytest.raises(
        ConfigError,
        match=r"^core/economic/units\.sql does not fit core\.unit: it gives what the table does not have: title; "
        r"it does not give: name, is_deleted\. Correct",
    ):
        to_core(warehouse, "economic", ENTITIES["units"], "a", everything=True)
