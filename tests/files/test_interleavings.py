"""Whatever people do between runs, and whatever goes wrong in one: what is remembered is what lies there."""

from __future__ import annotations

import io
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saldo.errors import SaldoError
from saldo.files.source import FileGone, Seen
from tests.graph.site import FOLDER, Played
from tests.support import IS_WHOLE_SUITE, Sandbox

NAMES = ("a.xlsx", "b.xlsx", "c.txt")
PLACES = (FOLDER, "Arkiv", f"{FOLDER}/Kladder")
FAULTS = ("429", "503", "expired", "html", "truncate", "drop")
_content = itertools.count(1)

edits = st.one_of(
    st.tuples(st.just("put"), st.sampled_from(PLACES), st.sampled_from(NAMES)),
    st.tuples(st.just("rename"), st.sampled_from(NAMES), st.sampled_from(NAMES)),
    st.tuples(st.just("move"), st.sampled_from(PLACES), st.sampled_from(PLACES), st.sampled_from(NAMES)),
    st.tuples(st.just("delete"), st.sampled_from(PLACES), st.sampled_from(NAMES)),
    st.tuples(st.just("save_meanwhile"), st.sampled_from(NAMES)),
    st.tuples(st.just("forget_tokens")),
    st.tuples(st.just("fault"), st.sampled_from(FAULTS), st.sampled_from(("delta", "download.aspx", "items"))),
    st.tuples(st.just("run"), st.booleans()),
)  # fmt: skip


@pytest.fixture(scope="module")
def site(sandbox: Sandbox) -> Played:
    return Played.of(sandbox, graph_page=3)


def do(site: Played, doing: tuple[str, ...]) -> None:
    """What cannot be done, such as deleting what is not there, is not done."""
    there, text = site.truth(), f"content {next(_content)}"
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
        case ("forget_tokens",):
            site.edit("forget_tokens")
        case ("fault", kind, match):
            site.company.fault(kind, match=match)


def run(site: Played, seen: Seen, taken: dict[str, str], *, is_killed: bool) -> Seen:
    """One run: what is new is fetched; killed, it ends after the first file. taken: name -> what was read last."""
    try:
        source = site.source()
        found = source.changes(seen)
        seen = Seen.from_json(found.seen.to_json())
        for file in found.gone:
            taken.pop(file.id, None)
        for file in found.changed:
            into = io.BytesIO()
            fetched = source.fetch(file, into, max_bytes=1 << 20)
            taken[file.id] = into.read().decode(errors="replace")
            seen = seen.dealt_with(fetched)
            if is_killed:
                return seen
    except (SaldoError, FileGone):
        pass  # the next run goes on from what is kept
    return seen


@settings(max_examples=40 if IS_WHOLE_SUITE else 12, deadline=None)
@given(st.lists(edits, min_size=5, max_size=25))
def test_what_is_remembered_is_what_lies_there(site: Played, doings: list[tuple[str, ...]]) -> None:
    seen, taken = Seen(), {}
    for doing in doings:
        if doing[0] == "run":
            seen = run(site, seen, taken, is_killed=bool(doing[1]))
        else:
            do(site, doing)
    site.company.sandbox.clear_faults()
    for _ in range(4):  # somebody may save what is read: the run after it reads it again
        seen = run(site, seen, taken, is_killed=False)
    truth = {
        path.removeprefix(f"{FOLDER}/"): one
        for path, one in site.truth().items()
        if path.startswith(f"{FOLDER}/") and path.count("/") == 2 and path.endswith(".xlsx")
        and "~$" not in path and one["size"]
    }  # fmt: skip
    assert {f.name: (f.id, f.version) for f in seen.files.values()} == {
        name: (one["id"], one["hash"]) for name, one in truth.items()
    }
    assert seen.owed == ()
    assert set(taken) == {one["id"] for one in truth.values()}
    for name, one in truth.items():
        if name in NAMES:
            assert len(taken[one["id"]].encode()) == one["size"]
