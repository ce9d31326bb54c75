"""Whatever people do with budgets, and wherever a look is killed: what counts is what a model in plain Python says."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from fsspec.implementations.local import LocalFileSystem
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from saldo.files.companies import Companies
from saldo.files.configuration import FileConfiguration
from saldo.files.intake import Intake
from saldo.files.places.folder import FolderSource
from saldo.files.places.sharepoint import SharePointSource
from saldo.run_request import RunRequest
from saldo.transform.facts import refresh
from saldo.warehouse.connection import Connection, connect
from tests.graph.site import FOLDER, HOST, Played
from tests.support import IS_WHOLE_SUITE, Company, Sandbox, agreement, night

EXAMPLES = int(os.environ.get("SALDO_TEST_EXAMPLES", "60" if IS_WHOLE_SUITE else "20"))
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
NAMES = ("a.csv", "b.csv")
PLACES = ("first", "second")
#: Income, cost, and an account that only budgets know.
ACCOUNTS = ("1010", "1310", "9999")
HEAD = "Konto;Tekst;Afdeling;Scenarie;Måned;Beløb"
_clock = itertools.count(1)


class Line(NamedTuple):
    account: str
    text: str
    department: str
    scenario: str
    month: str
    amount: int


@dataclass(frozen=True)
class Content:
    """A file: its lines; spoiled: with a cell that is no amount."""

    lines: tuple[Line, ...]
    is_spoiled: bool = False

    @property
    def text(self) -> bytes:
        lines = [";".join(map(str, line)) for line in self.lines]
        if self.is_spoiled:
            lines.append("1010;;1;budget;2026-01;many")
        return "\n".join([HEAD, *lines, ""]).encode()


class Reading(NamedTuple):
    """A file as it was read last when it was good."""

    lines: tuple[Line, ...]
    amounts_in: int
    sign: str


class Killed(BaseException):
    """The process is gone."""


class Mortal(psycopg.Connection[Any]):
    """Says No after so many exchanges with Postgres. kill: what happens then."""

    left: int = -1
    kill: str = ""

    def wait(self, *args: Any, **kwargs: Any) -> Any:
        self.left -= 1
        if self.left == 0:
            if self.kill == "process":
                self.pgconn.finish()
                raise Killed
            with psycopg.connect(
                self.info.dsn, password=self.info.password, autocommit=True
            ) as other:
                other.execute("select pg_terminate_backend(%s)", [self.info.backend_pid])
        return super().wait(*args, **kwargs)


@dataclass
class Books:
    """The company and what its departments are called."""

    dsn: str
    company: Company
    named: dict[str, str]

    def number(self, department: str) -> str:
        return self.named.get(department.lower(), department)


@dataclass
class Place:
    """A folder of one configuration, and what the model knows of it. there: name -> content."""

    id: str
    books: Books
    values: dict[str, Any] = field(default_factory=dict)
    there: dict[str, Content] = field(default_factory=dict)
    away: dict[str, Content] = field(default_factory=dict)
    good: dict[str, Reading] = field(default_factory=dict)

    @property
    def configuration(self) -> FileConfiguration:
        return FileConfiguration.model_validate(
            {
                "id": self.id, "kind": "budget", "match": "*.csv", "agreement": self.books.company.id,
                "scenario_column": "Scenarie", "unknown": "accept", "source": self.source_of, **self.values,
            }
        )  # fmt: skip

    # --- what people do --------------------------------------------------------------------------

    def do(self, what: str, name: str, content: Content) -> None:
        """What cannot be done, such as deleting what is not there, is not done."""
        if what == "put":
            self.put(name, content)
        elif what == "spoil" and name in self.there:
            self.put(name, Content(self.there[name].lines, is_spoiled=True))
        elif what == "correct" and name in self.there:
            self.put(name, Content(self.there[name].lines))
        elif what == "rename" and name in self.there:
            [other] = set(NAMES) - {name}
            if other not in self.there:
                self.rename(name, other)
        elif what == "delete" and name in self.there:
            self.delete(name)
        elif what == "away" and name in self.there and name not in self.away:
            self.move(name, is_back=False)
        elif what == "back" and name in self.away and name not in self.there:
            self.move(name, is_back=True)
        else:
            return

    # --- what looks make of it -------------------------------------------------------------------

    def is_good(self, content: Content) -> bool:
        keys = [
            (line.account, self.books.number(line.department), line.scenario, line.month)
            for line in content.lines
        ]
        is_clear = self.values.get("sign") == "ledger" or all(k[0] != "9999" for k in keys)
        return not content.is_spoiled and len(keys) == len(set(keys)) and is_clear

    def taken(self, key: str, name: str) -> None:
        content = self.there[name]
        if self.is_good(content):
            values = self.values
            self.good[key] = Reading(
                content.lines, values.get("amounts_in", 1), values.get("sign", "natural")
            )

    def withdraw(self, still: set[str]) -> None:
        for key in set(self.good) - still:
            del self.good[key]


@dataclass
class InFolder(Place):
    folder: Path = Path()

    @property
    def source_of(self) -> dict[str, Any]:
        return {"folder": f"file://{self.folder}"}

    def source(self) -> FolderSource:
        return FolderSource(LocalFileSystem(), str(self.folder), self.configuration)

    def key(self, name: str) -> str:
        return name

    def put(self, name: str, content: Content) -> None:
        path = self.folder / name
        path.write_bytes(content.text)
        moment = (NOW + timedelta(minutes=next(_clock))).timestamp()
        os.utime(path, (moment, moment))
        self.there[name] = content

    def rename(self, name: str, to: str) -> None:
        (self.folder / name).rename(self.folder / to)
        self.there[to] = self.there.pop(name)

    def delete(self, name: str) -> None:
        (self.folder / name).unlink()
        del self.there[name]

    def move(self, name: str, *, is_back: bool) -> None:
        here, away = self.folder / name, self.folder / "away" / name
        away.parent.mkdir(exist_ok=True)
        if is_back:
            shutil.move(away, here)
            self.there[name] = self.away.pop(name)
        else:
            shutil.move(here, away)
            self.away[name] = self.there.pop(name)

    def ages(self, of: Run) -> dict[str, Any]:
        """Of files that are there, what the disk says; of those that are kept, what was read."""
        found = of.ages(self.id)
        here = {
            n: datetime.fromtimestamp((self.folder / n).stat().st_mtime, UTC)
            for n, c in self.there.items()
            if self.is_good(c)
        }
        return {**found, **here}


@dataclass
class InSharePoint(Place):
    site: Played = None  # type: ignore[assignment]
    folder: str = ""

    @property
    def source_of(self) -> dict[str, Any]:
        return {
            "sharepoint": {
                "site": f"{HOST}:/sites/{self.site.company.id}",
                "library": "Documents",
                "folder": self.folder,
            }
        }

    def source(self) -> SharePointSource:
        of = self.configuration
        assert of.source.sharepoint
        return SharePointSource(self.site.client, of, of.source.sharepoint)

    def key(self, name: str) -> str:
        found: str = self.site.truth()[f"{self.folder}/{name}"]["id"]
        return found

    def put(self, name: str, content: Content) -> None:
        self.site.edit("put", path=f"{self.folder}/{name}", content=content.text)
        self.there[name] = content

    def rename(self, name: str, to: str) -> None:
        self.site.edit("rename", path=f"{self.folder}/{name}", to=to)
        self.there[to] = self.there.pop(name)

    def delete(self, name: str) -> None:
        self.site.edit("delete", path=f"{self.folder}/{name}")
        del self.there[name]

    def move(self, name: str, *, is_back: bool) -> None:
        away = f"{self.folder} away"
        if is_back:
            self.site.edit("move", path=f"{away}/{name}", to=self.folder)
            self.there[name] = self.away.pop(name)
        else:
            self.site.edit("move", path=f"{self.folder}/{name}", to=away)
            self.away[name] = self.there.pop(name)

    def ages(self, of: Run) -> dict[str, Any]:
        return of.ages(self.id)


@dataclass
class Run:
    """One example: the places, and the looks at them."""

    connection: Connection
    books: Books
    places: dict[str, Any]

    def look(self, place: Any, *, kill: str = "", after: int = 0, again: bool = False) -> None:
        before = self.looks(place)
        if kill:
            with Mortal.connect(self.books.dsn, autocommit=True) as connection:
                connection.execute("set timezone = 'UTC'")
                connection.kill, connection.left = kill, after
                try:
                    self.intake(place, connection).run(again=again)
                    connection.left = -1
                except (Killed, psycopg.OperationalError, psycopg.InterfaceError):
                    kill = "done"
        else:
            outcome = self.intake(place, self.connection).run(again=again)
            assert (outcome.errors, outcome.waiting) == ([], {})
        now, there = self.looks(place), {place.key(name): name for name in place.there}
        for key, name in there.items():
            if kill != "done" or now.get(key, 0) > before.get(key, 0):
                place.taken(key, name)
        if place.values.get("when_gone") != "keep":
            place.withdraw(set(there) if kill != "done" else set(there) | set(self.ages(place.id)))

    def intake(self, place: Any, connection: Any) -> Intake:
        companies = Companies([agreement(self.books.company.id)], self.books.company.id)
        of = place.configuration
        return Intake(connection, of, place.source(), companies, run_id="run", now=NOW)

    def looks(self, place: Any) -> dict[str, int]:
        rows = self.connection.execute(
            "select source_id, count(*) from ops.file where config_id = %s group by 1", [place.id]
        )
        return dict(rows.fetchall())

    def ages(self, id: str) -> dict[str, Any]:
        rows = self.connection.execute(
            "select source_id, modified_at from ops.file where config_id = %s and is_in_force", [id]
        )
        return dict(rows.fetchall())

    def facts(self, mode: str = "auto") -> int:
        """Brings them up to date; what is written is what differs."""
        before = self.rows()
        changes = refresh(self.connection, self.books.company.agreement, RunRequest(mode))  # type: ignore[arg-type]
        after = self.rows()
        changed = [key for key in before.keys() | after.keys() if before.get(key) != after.get(key)]
        assert changes["fact_budget"].total == len(changed)
        return sum(changes[name].total for name in ("fact_budget", "dim_account", "dim_department"))

    def rows(self) -> dict[Any, str]:
        rows = self.connection.execute(
            "select scenario, month, account_key, department_key, b::text from mart.fact_budget as b where agreement_id = %s",
            [self.books.company.id],
        )
        return {tuple(key): text for *key, text in rows}

    # --- what must be true -----------------------------------------------------------------------

    def expected(self) -> dict[Any, Any]:
        """(scenario, month, account, department) -> (amount, sign): from the newest file on, each that shares no department with
        one that counts."""
        files = []
        for place in self.places.values():
            ages = place.ages(self)
            for key, reading in place.good.items():
                files.append((ages[key], place.id, key, reading))
        found: dict[Any, Any] = {}
        taken: dict[Any, set[str]] = {}
        for _, _, _, reading in sorted(files, key=lambda one: one[0], reverse=True):
            counts = {}
            for line in reading.lines:
                of = (line.scenario, line.month)
                if of not in counts:
                    theirs = self.departments(reading, line)
                    counts[of] = not theirs & taken.setdefault(of, set())
                    if counts[of]:
                        taken[of] |= theirs
                if counts[of]:
                    key = (
                        line.scenario,
                        line.month,
                        line.account,
                        self.books.number(line.department),
                    )
                    assert key not in found
                    found[key] = (Decimal(line.amount * reading.amounts_in), reading.sign)
        return found

    def departments(self, reading: Reading, of: Line) -> set[str]:
        """Those a file has a budget for in that month."""
        return {
            self.books.number(line.department)
            for line in reading.lines
            if (line.scenario, line.month) == (of.scenario, of.month)
        }

    def check(self) -> None:
        rows = self.connection.execute(
            "select scenario, to_char(month, 'YYYY-MM'), account_number, department, amount, sign from core.budget "
            "where agreement_id = %s and not is_deleted",
            [self.books.company.id],
        )
        found = {tuple(key): (amount, sign) for *key, amount, sign in rows}
        assert found == self.expected()
        for place in self.places.values():
            assert set(self.ages(place.id)) == set(place.good)
            [(owed,)] = self.connection.execute(
                "select cursor -> 'seen' -> 'owed' from ops.watermark where subject_id = %s and entity = 'files'",
                [place.id],
            ).fetchall()
            assert owed == []
        self.facts()
        assert self.facts("full") == 0


LINE = st.builds(
    Line,
    st.sampled_from(ACCOUNTS[:2] * 3 + ACCOUNTS[2:]),
    st.sampled_from(["", "Alt", "Bil"]),
    st.sampled_from(["", "1", "1", "2", "2", "NAMED", "Nyt"]),
    st.sampled_from(["budget", "budget", "forecast"]),
    st.sampled_from(["2025-12", "2026-01"]),
    st.integers(1, 9),
)
CONTENT = st.builds(lambda lines: Content(tuple(lines)), st.lists(LINE, min_size=1, max_size=4))
STEP = st.one_of(
    *[
        st.tuples(
            st.just("edit"), st.sampled_from(PLACES),
            st.sampled_from(["put", "put", "put", "spoil", "correct", "rename", "delete", "away", "back"]),
            st.sampled_from(NAMES), CONTENT,
        )
    ] * 5,
    st.tuples(st.just("look"), st.sampled_from(PLACES), st.booleans()),
    st.tuples(st.just("look"), st.sampled_from(PLACES), st.just(False)),
    st.tuples(st.just("kill"), st.sampled_from(PLACES), st.sampled_from(["process", "backend"]), st.integers(1, 60)),
    st.tuples(st.just("say"), st.sampled_from(PLACES), st.sampled_from([("amounts_in", 1), ("amounts_in", 1000),
              ("sign", "natural"), ("sign", "ledger"), ("when_gone", "keep"), ("when_gone", "withdraw")])),
    st.tuples(st.just("facts")),
)  # fmt: skip


@pytest.fixture(scope="module")
def books(dsn: str, sandbox: Sandbox) -> Iterator[Books]:
    company = sandbox.company("people", is_ledger_only=True, entries=60)
    assert not night(dsn, company).errors
    with connect(dsn) as connection:
        rows = connection.execute(
            "select department_number, lower(name) from core.department where agreement_id = %s",
            [company.id],
        )
        yield Books(dsn, company, {name: number for number, name in rows})


def empty(connection: Connection) -> None:
    connection.execute(
        "delete from ops.file; delete from ops.watermark where subject_kind = 'file'; delete from core.budget; "
        "delete from staging.file_budget; delete from ops.progress where source = 'budget'; delete from mart.fact_budget; "
        "delete from mart.dim_account where is_budget_only; delete from mart.dim_department where is_budget_only"
    )


def play(run: Run, steps: list[Any]) -> None:
    [named] = [name for name, number in run.books.named.items() if number == "2"]
    for what, *detail in steps:
        place = run.places[detail[0]] if detail else None
        if what == "edit":
            _, doing, name, content = detail
            lines = (
                line._replace(department=named.upper()) if line.department == "NAMED" else line
                for line in content.lines
            )
            place.do(doing, name, Content(tuple(lines)))
        elif what == "look":
            run.look(place, again=detail[1])
        elif what == "kill":
            run.look(place, kill=detail[1], after=detail[2])
        elif what == "say":
            place.values = {**place.values, detail[1][0]: detail[1][1]}
        else:
            run.facts()
    for place in run.places.values():
        run.look(place)
    run.check()


SETTINGS = settings(
    max_examples=EXAMPLES,
    deadline=None,
    # A shorter example is not worth the minutes that it takes to find.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@SETTINGS
@given(steps=st.lists(STEP, min_size=4, max_size=14))
def test_what_counts_is_what_the_model_says(
    warehouse: Connection, books: Books, tmp_path: Path, steps: list[Any]
) -> None:
    empty(warehouse)
    shutil.rmtree(tmp_path)
    places = {}
    for id in PLACES:
        (tmp_path / id).mkdir(parents=True)
        places[id] = InFolder(id, books, folder=tmp_path / id)
    play(Run(warehouse, books, places), steps)


@settings(parent=SETTINGS, max_examples=max(3, EXAMPLES // 5))
@given(steps=st.lists(STEP, min_size=4, max_size=10))
def test_the_same_in_sharepoint(
    warehouse: Connection, books: Books, sandbox: Sandbox, steps: list[Any]
) -> None:
    empty(warehouse)
    site = Played.of(sandbox, graph_page=3)
    places = {}
    for id in PLACES:
        site.edit("folder", path=f"{FOLDER}/{id}")
        places[id] = InSharePoint(id, books, site=site, folder=f"{FOLDER}/{id}")
    play(Run(warehouse, books, places), steps)
