"""Files of readers: what they may say, and what becomes of them in the warehouse."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from saldo.agreements.agreement import Agreement
from saldo.readers.applying import apply_readers, note_personal_accounts
from saldo.readers.loading import load_readers
from saldo.validation.checks import read_checks
from saldo.warehouse.connection import Connection

ANNA = "id: anna\nuser: Anna@Example.com\nlogin: anna\nagreements: [nordlys]\n"
KNOWN = ("nordlys", "vestkyst")


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder


def rights(connection: Connection) -> list[tuple[object, ...]]:
    return connection.execute(
        "select r.reader_id, r.user_name, r.login, r.all_agreements, r.personal, "
        "array(select a.agreement_id from ops.reader_agreement as a where a.reader_id = r.reader_id order by 1) "
        "from ops.reader as r order by 1"
    ).fetchall()


def test_a_file_says_who_reads_what(tmp_path: Path) -> None:
    write(tmp_path, anna=ANNA, bo="id: bo\nlogin: bo\nagreements: all\npersonal: true\n")
    write(tmp_path, gone="id: gone\nlogin: gone\nagreements: all\nenabled: false\n")
    found = load_readers(agreements=KNOWN, directories=[tmp_path])
    assert found.broken == ()
    anna, bo = found.good
    assert (anna.user, anna.login, anna.agreements, anna.personal) == (
        "anna@example.com", "anna", ("nordlys",), False,
    )  # fmt: skip
    assert (bo.user, bo.agreements, bo.personal) == (None, "all", True)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (ANNA + "rights: all\n", "rights: unknown key"),
        (ANNA.replace("[nordlys]", "[oslo]"), "agreements: 'oslo' is no agreement; write one of: nordlys, vestkyst"),
        (ANNA.replace("[nordlys]", "oslo"), "agreements: 'oslo' is no agreement; write one of: nordlys, vestkyst"),
        (ANNA.replace("[nordlys]", "{nordlys: x}"), "agreements: must be `all` or a list of ids of agreements, not {'nordlys': 'x'}"),
        ("id: anna\nlogin: anna\n", "agreements: is missing"),
        ("id: anna\nagreements: all\n", "user, login: both are missing"),
        (ANNA.replace("Anna@Example.com", "Anna"), "user: 'Anna' is no user principal name"),
        (ANNA.replace("login: anna", "login: pg_anna"), "login: 'pg_anna' is no name of a log-in"),
        (ANNA.replace("login: anna", "login: powerbi"), "login: 'powerbi' is a role of Saldo's own"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_file_and_key(tmp_path: Path, text: str, problem: str) -> None:
    found = load_readers(agreements=KNOWN, directories=[write(tmp_path, anna=text)])
    [broken] = found.broken
    assert found.good == ()
    assert f"anna.yaml: {problem}" in str(broken)


@pytest.mark.parametrize("key", ["user", "login"])
def test_two_files_cannot_be_one_reader(tmp_path: Path, key: str) -> None:
    other = ANNA.replace("id: anna", "id: beata")
    other = (
        other.replace("login: anna", "login: beata")
        if key == "user"
        else other.replace("Anna@", "beata@")
    )
    found = load_readers(directories=[write(tmp_path, anna=ANNA, beata=other)])
    assert [reader.id for reader in found.good] == ["anna"]
    assert f"beata.yaml: {key}: " in str(found.broken[0])


def test_rights_follow_the_files(tmp_path: Path, warehouse: Connection) -> None:
    def apply(**files: str) -> bool:
        for old in tmp_path.iterdir():
            old.unlink()
        return apply_readers(warehouse, load_readers(directories=[write(tmp_path, **files)]))

    bo = "id: bo\nlogin: bo\nagreements: all\npersonal: true\n"
    assert apply(anna=ANNA, bo=bo)
    both = [
        ("anna", "anna@example.com", "anna", False, False, ["nordlys"]),
        ("bo", None, "bo", True, True, []),
    ]
    assert rights(warehouse) == both
    assert not apply(anna=ANNA, bo=bo)
    # A broken file changes nothing of its reader's, unless another takes over who they are.
    assert not apply(anna=ANNA, bo="id: bo\n")
    assert rights(warehouse) == both
    assert apply(anna=ANNA, bo="id: bo\n", carl=bo.replace("id: bo", "id: carl"))
    assert [row[0] for row in rights(warehouse)] == ["anna", "carl"]
    # Two who change names in one go.
    swapped = ANNA.replace("login: anna", "login: bo")
    assert apply(
        anna=swapped, carl=bo.replace("id: bo", "id: carl").replace("login: bo", "login: anna")
    )
    assert [row[2] for row in rights(warehouse)] == ["bo", "anna"]
    assert apply(anna=ANNA.replace("[nordlys]", "[vestkyst]"))
    assert rights(warehouse) == [("anna", "anna@example.com", "anna", False, False, ["vestkyst"])]
    assert apply()
    assert rights(warehouse) == []


@pytest.mark.parametrize("text", ["id: anna\nlogin: anna\n", ANNA + "rights: all\n"])
def test_a_broken_file_of_another_name_locks_nobody_out(
    tmp_path: Path, warehouse: Connection, text: str
) -> None:
    """It is its reader's by the id that is in it."""
    apply_readers(warehouse, load_readers(directories=[write(tmp_path, team=ANNA)]))
    before = rights(warehouse)
    assert [row[0] for row in before] == ["anna"]
    broken = load_readers(directories=[write(tmp_path, team=text)])
    assert broken.good == ()
    assert not apply_readers(warehouse, broken)
    assert rights(warehouse) == before
    # Without any file they go.
    (tmp_path / "team.yaml").unlink()
    assert apply_readers(warehouse, load_readers(directories=[tmp_path]))
    assert rights(warehouse) == []


def agreement(*accounts: str) -> Agreement:
    return Agreement.model_validate({
        "id": "nordlys", "name": "N", "vendor": "economic", "connection": "c", "schedule": None, "timezone": "UTC",
        "start_date": "2024-01-01", "personal_accounts": list(accounts),
    })  # fmt: skip


def test_personal_accounts_are_numbers_or_ranges(warehouse: Connection) -> None:
    warehouse.execute(
        "insert into mart.dim_agreement (agreement_key, agreement_id, name, vendor, base_currency) values (1, 'nordlys', 'N', 'economic', 'DKK')"
    )
    for key, number in enumerate(
        ["220", "2199", "2200", "2250", "2299", "2300", "22500", "L-1", "02250"], start=1
    ):
        warehouse.execute(
            "insert into mart.dim_account (account_key, agreement_key, account_number, name, account_type, sort_order, is_deleted) "
            "values (%s, 1, %s, 'a', 'profit_and_loss', 1, false)",
            [key, number],
        )

    def hidden() -> list[str]:
        rows = warehouse.execute(
            "select a.account_number from ops.personal_account_key as p inner join mart.dim_account as a using (account_key) order by a.account_key"
        )
        return [number for (number,) in rows]

    assert note_personal_accounts(warehouse, [agreement("2200 - 2299", "L-1")])
    assert hidden() == ["2200", "2250", "2299", "L-1", "02250"]
    assert not note_personal_accounts(warehouse, [agreement("2200-2299", "L-1")])
    # An agreement whose file is gone goes on hiding what it hid.
    assert not note_personal_accounts(warehouse, [])
    assert note_personal_accounts(warehouse, [agreement("2300")])
    assert hidden() == ["2300"]

    def hiding_nothing() -> list[str]:
        [check] = [one for one in read_checks() if one.name == "personal_accounts_are_in_the_chart"]
        return [first for first, _ in warehouse.execute(check.query("nordlys").encode())]

    assert hiding_nothing() == []
    note_personal_accounts(warehouse, [agreement("2300", "3000", "2600-2699", "2300-2399", "L-2")])
    assert sorted(hiding_nothing()) == ["2600", "3000", "L-2"]


@pytest.mark.parametrize("dash", "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212")
def test_a_range_has_any_dash(dash: str) -> None:
    assert agreement(f"2300{dash}2399", f" 2500 {dash} 2599 ").personal_ranges == [
        ("2300", "2399"),
        ("2500", "2599"),
    ]


@pytest.mark.parametrize(
    "text",
    ["2210, 2300-2399", "2210;2220", "2300..2399", "2300 2399", "2300:2399", "2300-", "-", "", " ", "2399-2300", "2300--2399"],
)  # fmt: skip
def test_what_is_neither_an_account_nor_a_range_is_refused(text: str) -> None:
    """It would hide nothing, and nobody would know."""
    with pytest.raises(ValidationError, match="each as an entry of its own"):
        agreement(text)


@pytest.mark.parametrize("text", ["2210", "L-1", "22.10", "A 22", "0221", "22-A"])
def test_accounts_may_be_called_anything(text: str) -> None:
    assert agreement(text).personal_ranges == [(text, text)]


def test_a_range_that_is_none_is_told() -> None:
    with pytest.raises(ValueError, match="'2299-2200' is neither an account nor a range"):
        agreement("2299-2200")
