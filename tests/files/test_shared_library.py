"""Several configurations on one library: one look serves them all, and none loses anything by another."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from saldo.errors import ConfigError, SaldoError
from saldo.files.configuration import FileConfiguration
from saldo.files.places.source import Changes, Seen
from saldo.warehouse.connection import Connection, connect
from tests.graph.site import BUDGET, FOLDER, Played, client, configuration, names, settled
from tests.support import Sandbox

ARCHIVE = "Arkiv"


@dataclass
class Night:
    """Runs of the DAG: a task, with a client of its own, for each configuration."""

    site: Played
    says: dict[str, dict[str, Any]]
    seen: dict[str, Seen] = field(default_factory=dict)
    runs: int = 0

    def run(self, *only: str, look: str = "") -> dict[str, Changes]:
        """Raises what the last task that fails raises, when all others are through."""
        self.runs += 1
        found, failed = {}, None
        for id in only or self.says:
            try:
                found[id] = self.task(id, look or f"run {self.runs}")
            except SaldoError as error:
                failed = error
        if failed:
            raise failed
        return found

    def task(self, id: str, look: str) -> Changes:
        of = self.configurations[id]
        source = self.site.source_of(
            of, client(self.site.company.sandbox), look=look, beside=self.configurations.values()
        )
        found = source.changes(self.seen.get(id, Seen()))
        self.seen[id] = settled(found)
        return found

    @property
    def configurations(self) -> Mapping[str, FileConfiguration]:
        company = self.site.company.id
        return {id: configuration(company, id=id, **says) for id, says in self.says.items()}


@pytest.fixture
def nights(sandbox: Sandbox, warehouse: Connection) -> Night:
    site = Played.of(sandbox, warehouse=warehouse)
    site.edit("put", path=f"{ARCHIVE}/Old.xlsx", text="old")
    found = Night(
        site,
        {"budget": {}, "ads": {"match": "Afd*.xlsx"}, "archive": {"folder": ARCHIVE}},
    )
    first = found.run()
    assert {id: len(changes.changed) for id, changes in first.items()} == {
        "budget": 2, "ads": 1, "archive": 1,
    }  # fmt: skip
    return found


def asked(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What went over the wire since it was asked last: the places, without the company's own."""
    found = [
        str(record.args[4]).partition("?")[0].rpartition("/")[2]
        for record in caplog.records
        if record.name == "urllib3.connectionpool" and len(record.args or ()) == 8
    ]  # fmt: skip
    caplog.clear()
    return found


def test_a_night_without_changes_costs_two_requests_however_many_there_are(
    nights: Night, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "urllib3.connectionpool")
    nights.run()
    assert asked(caplog) == ["token", "delta"]
    # Of another connection, which has rights of its own.
    nights.says["theirs"] = {"connection": "msgraph_y"}
    nights.run()
    asked(caplog)
    nights.run()
    assert asked(caplog) == ["token", "delta"] * 2


def test_tasks_that_run_at_once_ask_once(
    nights: Night, dsn: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "urllib3.connectionpool")

    def task(id: str) -> None:
        with connect(dsn) as connection:
            site = replace(nights.site, warehouse=connection)
            replace(nights, site=site, seen=dict(nights.seen)).task(id, "tonight")

    with ThreadPoolExecutor() as pool:
        list(pool.map(task, nights.says))
    assert asked(caplog) == ["token", "delta"]


def test_what_one_task_saw_is_there_for_the_others(nights: Night) -> None:
    nights.site.edit("put", path=f"{ARCHIVE}/New.xlsx", text="new")
    nights.site.edit("move", path=BUDGET, to=ARCHIVE)
    # The run ends after its first task: nothing of what that has seen is lost.
    assert names(nights.run("budget")["budget"].gone) == ["Budget 2026.xlsx"]
    found = nights.run()
    assert names(found["archive"].changed) == ["Budget 2026.xlsx", "New.xlsx"]
    assert (found["ads"].changed, found["ads"].gone) == ((), ())
    assert not any(changes.changed for changes in nights.run().values())


def test_what_happens_within_a_run_is_seen_by_the_next(nights: Night) -> None:
    nights.run("budget", look="tonight")
    nights.site.edit("put", path=f"{ARCHIVE}/New.xlsx", text="new")
    assert nights.run("archive", look="tonight")["archive"].changed == ()
    assert names(nights.run("archive", look="tonight, cleared")["archive"].changed) == ["New.xlsx"]


def test_one_that_comes_later_reads_the_whole_and_disturbs_nobody(nights: Night) -> None:
    nights.says["drafts"] = {"folder": f"{FOLDER}/Kladder", "match": "*.xlsx"}
    nights.site.edit("put", path=f"{FOLDER}/Kladder/Draft.xlsx", text="draft")
    nights.site.edit("put", path=f"{ARCHIVE}/New.xlsx", text="new")
    found = nights.run("drafts", "budget", "archive")
    assert "Draft.xlsx" in names(found["drafts"].changed)
    assert (names(found["budget"].changed), names(found["archive"].changed)) == ([], ["New.xlsx"])


def test_one_that_was_off_for_some_time(nights: Night) -> None:
    off = nights.says.pop("archive")
    nights.site.edit("put", path=f"{ARCHIVE}/New.xlsx", text="new")
    nights.run()
    nights.site.edit("forget_tokens")
    nights.site.edit("delete", path=f"{ARCHIVE}/Old.xlsx")
    nights.run()
    nights.says["archive"] = off
    found = nights.run()["archive"]
    assert (names(found.changed), names(found.gone)) == (["New.xlsx"], ["Old.xlsx"])


def test_one_that_changes_its_place(nights: Night) -> None:
    nights.says["ads"] = {"folder": ARCHIVE}
    found = nights.run()
    assert (names(found["ads"].changed), len(found["ads"].gone)) == (["Old.xlsx"], 1)
    assert not found["budget"].changed


def test_a_folder_that_is_renamed_is_trouble_of_its_own_only(
    nights: Night, caplog: pytest.LogCaptureFixture
) -> None:
    nights.site.edit("rename", path=ARCHIVE, to="Arkiv 2025")
    nights.site.edit("put", path=BUDGET, text="new")
    for expected in (["Budget 2026.xlsx"], []):
        with pytest.raises(ConfigError, match="there is no folder 'Arkiv'"):
            nights.run("archive")
        assert names(nights.run("budget")["budget"].changed) == expected
    nights.site.edit("put", path="Arkiv 2025/New.xlsx", text="new")
    nights.site.edit("rename", path="Arkiv 2025", to=ARCHIVE)
    found = nights.run()["archive"]
    assert (names(found.changed), found.gone) == (["New.xlsx"], ())
    caplog.set_level("DEBUG", "urllib3.connectionpool")
    nights.run()
    assert asked(caplog) == ["token", "delta"]


def test_an_old_link_begins_anew_for_all(nights: Night) -> None:
    nights.site.edit("put", path=BUDGET, text="new")
    nights.site.edit("delete", path=f"{ARCHIVE}/Old.xlsx")
    nights.site.edit("forget_tokens")
    found = nights.run()
    assert names(found["budget"].changed) == ["Budget 2026.xlsx"]
    assert names(found["archive"].gone) == ["Old.xlsx"]


def test_what_cannot_be_read_any_more_is_read_anew(nights: Night, warehouse: Connection) -> None:
    warehouse.execute(
        "update ops.watermark set cursor = '{\"folders\": 3}' where entity = 'library'"
    )
    assert not any(changes.changed for changes in nights.run().values())
