"""A folder in SharePoint that people edit: each thing they do, seen by the next run and by no other."""

from __future__ import annotations

import io
from dataclasses import replace

import msgspec
import pytest

from saldo.errors import AuthError, ConfigError
from saldo.files.places.source import FileGone, Seen
from saldo.warehouse.connection import Connection
from tests.graph.site import BUDGET, FOLDER, ODD, Played, configuration, names, settled
from tests.support import Sandbox


@pytest.fixture(scope="module")
def shared(sandbox: Sandbox) -> Played:
    """For tests that only look."""
    return Played.of(sandbox)


@pytest.fixture
def site(sandbox: Sandbox, warehouse: Connection) -> Played:
    return Played.of(sandbox, warehouse=warehouse)


def test_the_first_run_sees_the_files_of_the_folder_itself(shared: Played) -> None:
    """No lock file, no other kind, nothing empty, nothing below."""
    found = shared.changes()
    assert names(found.changed) == [ODD, "Budget 2026.xlsx"]
    assert (found.gone, found.unchanged) == ((), 0)
    budget = found.changed[1]
    truth = shared.truth()[BUDGET]
    assert (budget.id, budget.size, budget.version) == (truth["id"], truth["size"], truth["hash"])
    assert budget.modified_by == "controller@fjordgruppen.example"


def test_a_night_without_changes_costs_one_request_beside_the_token(site: Played) -> None:
    seen = site.settled()
    before = site.client.usage.requests
    found = site.changes(seen)
    assert (found.changed, found.gone, found.unchanged) == ((), (), 2)
    assert site.client.usage.requests - before == 1


def test_what_nobody_dealt_with_comes_again(site: Played) -> None:
    first = site.changes()
    [odd, budget] = first.changed
    seen = first.seen.dealt_with(budget)
    again = site.changes(seen)
    assert again.changed == (odd,)
    assert again.unchanged == 1


def test_owing_brings_everything_again(site: Played) -> None:
    assert len(site.changes(site.settled().owing()).changed) == 2


def test_a_saved_file_comes_once_however_often_it_was_saved(site: Played) -> None:
    seen = site.settled()
    for text in "abc":
        site.edit("put", path=BUDGET, text=text)
    found = site.changes(seen)
    assert names(found.changed) == ["Budget 2026.xlsx"]
    assert found.changed[0].version == site.truth()[BUDGET]["hash"]


def test_a_file_that_was_saved_and_put_back_is_unchanged(site: Played) -> None:
    seen, old = site.settled(), site.download(BUDGET)
    site.edit("put", path=BUDGET, text="other")
    site.edit("put", path=BUDGET, content=old)
    assert site.changes(seen).changed == ()


def test_a_renamed_file_is_the_same_one_under_another_name(site: Played) -> None:
    seen = site.settled()
    site.edit("rename", path=BUDGET, to="Budget 2027.xlsx")
    found = site.changes(seen)
    assert names(found.changed) == ["Budget 2027.xlsx"]
    assert (found.gone, found.changed[0].id) == (
        (),
        site.truth()[f"{FOLDER}/Budget 2027.xlsx"]["id"],
    )


def test_a_file_that_is_renamed_to_another_kind_is_gone(site: Played) -> None:
    seen = site.settled()
    site.edit("rename", path=BUDGET, to="Budget 2026.xlsx.old")
    assert names(site.changes(seen).gone) == ["Budget 2026.xlsx"]


@pytest.mark.parametrize("to", ["Arkiv", f"{FOLDER}/Kladder/gamle"])
def test_a_file_that_is_moved_out_of_the_folder_is_gone(site: Played, to: str) -> None:
    seen = site.settled()
    site.edit("move", path=BUDGET, to=to)
    found = site.changes(seen)
    assert (found.changed, names(found.gone)) == ((), ["Budget 2026.xlsx"])
    seen = settled(found)
    site.edit("move", path=f"{to}/Budget 2026.xlsx", to=FOLDER)
    assert names(site.changes(seen).changed) == ["Budget 2026.xlsx"]


def test_a_deleted_file_is_gone(site: Played) -> None:
    seen = site.settled()
    site.edit("delete", path=BUDGET)
    assert names(site.changes(seen).gone) == ["Budget 2026.xlsx"]


def test_a_column_of_the_list_is_no_change_of_the_file(site: Played) -> None:
    seen = site.settled()
    site.edit("touch", path=BUDGET)
    assert site.changes(seen).changed == ()


def test_a_lock_file_is_never_seen(site: Played) -> None:
    seen = site.settled()
    site.edit("put", path=f"{FOLDER}/~$Budget 2027.xlsx", text="Kari")
    assert site.changes(seen).changed == ()


def test_a_file_that_is_empty_while_it_is_saved_is_as_it_was(site: Played) -> None:
    seen = site.settled()
    site.edit("put", path=BUDGET, text="")
    found = site.changes(seen)
    assert (found.changed, found.gone) == ((), ())
    site.edit("put", path=BUDGET, text="saved")
    assert names(site.changes(settled(found)).changed) == ["Budget 2026.xlsx"]


def test_an_old_link_begins_anew_and_loses_nothing(site: Played) -> None:
    """410: what changed, came and went in the meantime is found by comparing."""
    seen = site.settled()
    site.edit("put", path=BUDGET, text="new")
    site.edit("put", path=f"{FOLDER}/Ny.xlsx", text="newer")
    site.edit("delete", path=f"{FOLDER}/{ODD}")
    site.edit("forget_tokens")
    found = site.changes(seen)
    assert names(found.changed) == ["Budget 2026.xlsx", "Ny.xlsx"]
    assert names(found.gone) == [ODD]
    assert site.changes(settled(found)).changed == ()


@pytest.mark.parametrize(("path", "to"), [(FOLDER, "2026 gammel"), ("Budgetter", "Budgetter før")])
def test_a_folder_that_is_renamed_is_told_with_what_there_is(
    site: Played, path: str, to: str
) -> None:
    seen = site.settled()
    site.edit("rename", path=path, to=to)
    with pytest.raises(ConfigError, match=f"no folder .*{to}.*correct `folder`"):
        site.changes(seen)


def test_another_folder_in_the_place_of_the_old_one_is_read(site: Played) -> None:
    seen = site.settled()
    site.edit("put", path="Kladder/A.xlsx", text="a")
    seen = site.settled(seen)
    site.edit("rename", path=FOLDER, to="2025")
    site.edit("rename", path="Kladder", to="2026")
    site.edit("move", path="2026", to="Budgetter")
    found = site.changes(seen)
    assert names(found.changed) == ["A.xlsx"]
    assert sorted(names(found.gone)) == sorted([ODD, "Budget 2026.xlsx"])


def test_another_configuration_of_the_same_files_reads_none_again(site: Played) -> None:
    seen = site.settled()
    found = site.changes(seen, match="Budget*.xlsx")
    assert (found.changed, names(found.gone), found.unchanged) == ((), [ODD], 1)


def test_a_library_in_the_place_of_another_is_read(site: Played) -> None:
    seen, kept = site.settled(), site.library(configuration(site.company.id))
    library = kept.load()
    kept.save(
        replace(library, link=library.link.replace(library.drive, "b!000000"), drive="b!000000")
    )
    found = site.changes(seen)
    assert (found.changed, found.gone, found.unchanged) == ((), (), 2)
    assert kept.load().drive == library.drive


def test_a_grant_that_was_withdrawn_is_said_so(site: Played) -> None:
    seen = site.settled()
    site.company.fault("module", match="delta")
    with pytest.raises(
        AuthError, match="may not read the site of the files: an administrator must"
    ):
        site.changes(seen)


def test_a_file_is_fetched_as_it_is_now(site: Played) -> None:
    source, into = site.source(), io.BytesIO()
    budget = source.changes(Seen()).changed[1]
    site.edit("put", path=BUDGET, text="saved after it was listed")
    fetched = source.fetch(budget, into, max_bytes=1 << 20)
    assert into.read() == b"saved after it was listed"
    assert fetched.version == site.truth()[BUDGET]["hash"] != budget.version


def test_a_file_that_goes_before_it_is_fetched_is_said_so(site: Played) -> None:
    source = site.source()
    budget = source.changes(Seen()).changed[1]
    site.edit("delete", path=BUDGET)
    with pytest.raises(FileGone, match=r"'Budget 2026.xlsx' was deleted or moved"):
        source.fetch(budget, io.BytesIO(), max_bytes=1 << 20)


def test_thirty_days_of_people_end_in_the_truth(sandbox: Sandbox, warehouse: Connection) -> None:
    """What is remembered after each day is what lies there, and what was fetched is what was remembered."""
    site, seen = Played.of(sandbox, warehouse=warehouse, graph_page=3), Seen()
    for _ in range(30):
        source = site.source()
        found = source.changes(seen)
        seen = found.seen
        for file in found.changed:
            seen = seen.dealt_with(source.fetch(file, io.BytesIO(), max_bytes=1 << 20))
        site.company.next_day()
    seen = site.settled(site.settled(seen))
    meant = {
        path.removeprefix(f"{FOLDER}/"): one["hash"]
        for path, one in site.truth().items()
        if path.startswith(FOLDER) and path.count("/") == 2 and path.endswith(".xlsx")
        and "~$" not in path and one["size"]
    }  # fmt: skip
    assert {file.name: file.version for file in seen.files.values()} == meant
    assert seen.owed == ()


def test_what_is_remembered_holds_no_secret(site: Played, warehouse: Connection) -> None:
    kept = (
        msgspec.to_builtins(site.changes().seen),
        site.library(configuration(site.company.id)).load(),
    )
    text = str(kept)
    assert "delta" in text
    assert "tempauth" not in text
    assert "sandbox-entra" not in text
