"""Whatever people do between runs, and whatever goes wrong in one: what is remembered is what lies there."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saldo.errors import SaldoError
from saldo.files.configuration import FileConfiguration
from saldo.files.places.source import FileGone, Seen, is_meant
from saldo.warehouse.connection import Connection
from tests.graph.site import FOLDER, Played, configuration, kept
from tests.support import IS_WHOLE_SUITE, Sandbox

IDS = ("all", "one", "archive")
NAMES = ("a.xlsx", "b.xlsx", "c.txt")
PLACES = (FOLDER, "Arkiv", f"{FOLDER}/Kladder")
FAULTS = ("429", "503", "expired", "html", "truncate", "drop")
_number = itertools.count(1)

edits = st.one_of(
    st.tuples(st.just("put"), st.sampled_from(PLACES), st.sampled_from(NAMES)),
    st.tuples(st.just("rename"), st.sampled_from(NAMES), st.sampled_from(NAMES)),
    st.tuples(st.just("move"), st.sampled_from(PLACES), st.sampled_from(PLACES), st.sampled_from(NAMES)),
    st.tuples(st.just("delete"), st.sampled_from(PLACES), st.sampled_from(NAMES)),
    st.tuples(st.just("save_meanwhile"), st.sampled_from(NAMES)),
    st.tuples(st.just("forget_tokens")),
    st.tuples(st.just("fault"), st.sampled_from(FAULTS), st.sampled_from(("delta", "download.aspx", "items"))),
    st.tuples(st.just("folder"), st.sampled_from(("Arkiv", "Arkiv 2"))),
    # Which of the configurations get their turn, and after how much each is killed.
    st.tuples(st.just("run"), st.lists(st.sampled_from(IDS), min_size=1, unique=True), st.integers(0, 2)),
)  # fmt: skip


@pytest.fixture
def site(sandbox: Sandbox, warehouse: Connection) -> Played:
    return Played.of(sandbox, warehouse=warehouse, graph_page=3)


def do(site: Played, doing: tuple[Any, ...]) -> None:
    """What cannot be done, such as deleting what is not there, is not done."""
    there, text = site.truth(), f"content {next(_number)}"
    match doing:
        case ("put", place, name):
            site.edit("put", path=f"{place}/{name}", text=text)
        case ("rename", name, to) if f"{FOLDER}/{name}" in there and f"{FOLDER}/{to}" not in there:
            site.edit("rename", path=f"{FOLDER}/{name}", to=to)
        case ("move", place, to, name) if (
            f"{place}/{name}" in there and f"{to}/{name}" not in there
        ):
            site.edit("move", path=f"{place}/{name}", to=to)
        case ("delete", place, name) if f"{place}/{name}" in there:
            site.edit("delete", path=f"{place}/{name}")
        case ("save_meanwhile", name) if f"{FOLDER}/{name}" in there:
            site.edit("save_meanwhile", path=f"{FOLDER}/{name}", text=text)
        case ("folder", name):
            other = {"Arkiv": "Arkiv 2", "Arkiv 2": "Arkiv"}[name]
            if f"{name}/" in " ".join(there) and f"{other}/" not in " ".join(there):
                site.edit("rename", path=name, to=other)
        case ("forget_tokens",):
            site.edit("forget_tokens")
        case ("fault", kind, match):
            site.company.fault(kind, match=match)


@dataclass
class Configured:
    """A configuration, what is kept of it, and what was read: name -> text."""

    of: FileConfiguration
    seen: Seen = field(default_factory=Seen)
    taken: dict[str, str] = field(default_factory=dict)
    is_new: bool = True

    def run(
        self, site: Played, look: str, others: Iterable[FileConfiguration], *, until: int
    ) -> None:
        """A task: what is new is fetched. until: how much it does before it is killed."""
        try:
            source = site.source_of(self.of, look=look, beside=others)
            found = source.changes(self.seen)
            if not until:
                return
            self.seen = kept(found.seen)
            self.is_new = bool(found.changed or found.gone)
            for file in found.gone:
                self.taken.pop(file.id, None)
            for file in found.changed[: until * until]:
                into = io.BytesIO()
                fetched = source.fetch(file, into, max_bytes=1 << 20)
                self.taken[file.id] = into.read().decode(errors="replace")
                self.seen = self.seen.dealt_with(fetched)
        except (SaldoError, FileGone):
            pass  # the next run goes on from what is kept

    def is_true(self, site: Played) -> None:
        """What is kept is what lies there, and what was read is what is in it."""
        sharepoint = self.of.source.sharepoint
        assert sharepoint
        folder = sharepoint.folder
        truth = {
            path.removeprefix(f"{folder}/"): one
            for path, one in site.truth().items()
            if path.rpartition("/")[0] == folder and is_meant(path.rpartition("/")[2], self.of.match) and one["size"]
        }  # fmt: skip
        assert {f.name: (f.id, f.version) for f in self.seen.files.values()} == {
            name: (one["id"], one["hash"]) for name, one in truth.items()
        }
        assert self.seen.owed == ()
        assert set(self.taken) == {one["id"] for one in truth.values()}
        for name, one in truth.items():
            if name in NAMES:
                assert len(self.taken[one["id"]].encode()) == one["size"]


def is_quiet(all_of_them: Iterable[Configured]) -> bool:
    return not any(one.seen.owed or one.is_new for one in all_of_them)


@settings(
    max_examples=40 if IS_WHOLE_SUITE else 12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(edits, min_size=5, max_size=25))
def test_what_is_kept_is_what_lies_there(site: Played, doings: list[tuple[Any, ...]]) -> None:
    company = site.company.id
    all_of_them = {
        id: Configured(configuration(company, id=id, folder=folder, match=match))
        for id, folder, match in zip(
            IDS, (FOLDER, FOLDER, "Arkiv"), ("*.xlsx", "a.xlsx", "*.xlsx"), strict=True
        )
    }
    for doing in doings:
        if doing[0] == "run":
            look = f"run {next(_number)}"
            # Others are not there yet, or are switched off.
            others = [all_of_them[id].of for id in doing[1]]
            for id in doing[1]:
                all_of_them[id].run(site, look, others, until=doing[2])
        else:
            do(site, doing)
    site.company.sandbox.clear_faults()
    others = [one.of for one in all_of_them.values()]
    site.edit("put", path="Arkiv/end.xlsx", text="The folder is there, whatever it was called.")
    # Somebody may save what is read, time and again: a run after it reads it again.
    rounds = 0
    while rounds < 2 or (rounds < 50 and not is_quiet(all_of_them.values())):
        rounds, look = rounds + 1, f"run {next(_number)}"
        for one in all_of_them.values():
            one.run(site, look, others, until=9)
    for one in all_of_them.values():
        one.is_true(site)
