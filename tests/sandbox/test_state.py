"""What a running sandbox remembers, and what outlives it."""

from __future__ import annotations

import json
from pathlib import Path

from sandbox.books.company import COMPANIES
from sandbox.books.company import Company as Books
from sandbox.state import State
from sandbox.vendors.economic.access import Options


def test_days_and_companies_survive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    before = State(path)
    mine = Books("mine", 7, "Mine ApS", 7, entries=900, currencies=("EUR",))
    before.put(mine, cursor_page=50)
    before.next_day("mine", 2)
    before.next_day("nordlys")
    after = State(path)
    days = {id: book.day for id, book in after.books.items()}
    assert days == {
        **dict.fromkeys((company.id for company in COMPANIES), 0),
        "nordlys": 1,
        "mine": 2,
    }
    assert after.books["mine"].company == before.books["mine"].company
    assert after.options_of("mine", Options) == {"cursor_page": 50}
    assert after.options_of("nordlys", Options) == {}
    assert list(after.books["mine"].ledger.lines()) == list(before.books["mine"].ledger.lines())


def test_a_file_of_an_older_sandbox_is_read(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    company = {**Books("mine", 7, "Mine ApS", 7).to_json(), "grant": "x", "app_secret": "y"}
    path.write_text(json.dumps([{"company": company, "day": 3}]))
    assert State(path).books["mine"].day == 3


def test_a_state_file_is_never_half_written(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    state = State(path)
    for _ in range(3):
        state.next_day("nordlys")
        assert len(json.loads(path.read_text())) == len(COMPANIES)
    assert [p.name for p in tmp_path.iterdir()] == ["state.json"]


def test_without_a_file_every_start_is_the_first_day() -> None:
    state = State()
    state.next_day("nordlys")
    assert State().books["nordlys"].day == 0
