"""A stream of changes with an opaque cursor, played by a list in memory."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from saldo.declarations.entity import Entity, Record
from saldo.declarations.source import Everything, Page, Request, Usage
from saldo.errors import BadResponse, DataRejected, Unavailable
from saldo.landing.context import WarehouseContext
from saldo.run_request import RunRequest
from saldo.runs.sync_run import Counts, Run, recorded
from saldo.warehouse.connection import Connection
from saldo.ways.delta import Changes, Delta, Unreadable
from saldo.ways.plan import ReadChanges, ReadEverything, ReadNothing, plan
from tests.support import agreement
from tests.ways.nights import Killed, killed_at

HOURS = timedelta(hours=1)


class Item(Record, rename="camel"):
    db_id: str
    name: str


def declared(query: str = "query { items }") -> Entity:
    return Entity("items", "items", Item, "dbId", reads=Delta(query, max_age=60 * HOURS))


class Stream:
    """A vendor that keeps every change. A cursor is a place in them, written so that none can be compared:
    later ones sort lower. It counts nothing."""

    daily_calls = None

    def __init__(self) -> None:
        self.usage = Usage()
        self.changes: list[tuple[str, str | None]] = []
        self.asked: list[Request] = []
        self.page_size = 2
        self.fails_on_page: int | None = None

    def put(self, *keys: str, name: str = "as it was") -> None:
        self.changes += [(key, name) for key in keys]

    def delete(self, *keys: str) -> None:
        self.changes += [(key, None) for key in keys]

    def check_identity(self, known: str | None) -> str:
        return "1"

    def sample(self, entity: Entity) -> Page:
        return next(self.pages(entity, Everything()))

    def delta_cursor(self, entity: Entity) -> str:
        return f"x{10_000 - len(self.changes)}"

    def pages(
        self, entity: Entity, request: Request, *, resume: str | None = None
    ) -> Iterator[Page]:
        self.asked.append(request)
        told = self.changes
        if isinstance(request, Changes):
            told = told[10_000 - int(request.cursor[1:]) :]
        else:
            told = [one for one in dict(told).items() if one[1] is not None]
        first = int(resume or 0)
        for number in range(first, max(len(told), 1), self.page_size):
            if number // self.page_size == self.fails_on_page:
                raise Unavailable("cut off")
            part = dict(told[number : number + self.page_size])
            records = [
                {"dbId": key, "name": name} for key, name in part.items() if name is not None
            ]
            raw = [msgspec.Raw(json.dumps(record).encode()) for record in records]
            gone = tuple(key for key, name in part.items() if name is None)
            end = number + self.page_size
            yield Page(raw, str(end) if end < len(told) else None, deleted=gone)


class Books:
    """One agreement that reads the stream."""

    def __init__(self, connection: Connection, dsn: str, id: str, **more: Any) -> None:
        self.connection, self.dsn = connection, dsn
        self.agreement = agreement(id, **more)
        self.stream = Stream()
        self.entity = declared()
        self.note: str | None = None
        self.decision: object = None

    def night(
        self,
        *,
        run_request: RunRequest | None = None,
        after: timedelta = timedelta(0),
        run_id: str = "run",
    ) -> Counts:
        run_request = run_request or RunRequest()
        with recorded(
            self.connection,
            self.dsn,
            self.agreement.key,
            "items",
            Run("dag", run_id, 1, run_request.mode),
        ) as sync_run:
            context = WarehouseContext(
                self.connection,
                self.stream,
                self.agreement,
                self.entity,
                run_request=run_request,
                sync_run=sync_run,
            )
            state = self.entity.reads.state(*context.load())
            decision = plan(
                self.entity, run_request, state, full_refresh="never", now=datetime.now(UTC) + after
            )
            assert not isinstance(decision, ReadNothing)
            self.decision = decision
            context.rows.ensure_table()
            self.entity.reads.land(context, decision, state)
        return sync_run.counts

    def rows(self, *, gone: bool = False) -> dict[str, str]:
        found = self.connection.execute(
            "select source_key, payload ->> 'name' from staging.economic_items "
            "where agreement_id = %s and (deleted_at is not null) = %s",
            [self.agreement.id, gone],
        ).fetchall()
        return dict(found)

    def state(self) -> dict[str, Any]:
        row = self.connection.execute(
            "select cursor from ops.watermark where agreement_id = %s", [self.agreement.id]
        ).fetchone()
        assert row
        found: dict[str, Any] = row[0]
        return found


@pytest.fixture
def books(warehouse: Connection, dsn: str, request: pytest.FixtureRequest) -> Books:
    return Books(warehouse, dsn, f"d_{abs(hash(request.node.name)) % 10**8}")


def test_everything_first_then_what_the_stream_tells(books: Books) -> None:
    books.stream.put("1", "2", "3", "4", "5")
    assert books.night().inserted == 5
    assert books.decision == ReadEverything()
    books.stream.put("2", "6", name="changed")
    books.stream.delete("4")
    counts = books.night()
    assert (counts.read, counts.inserted, counts.updated, counts.deleted) == (2, 1, 1, 1)
    # What changed while everything was read is read right after it: nothing, the first time.
    assert books.stream.asked == [Everything(), Changes("x9995"), Changes("x9995")]
    assert sorted(books.rows()) == ["1", "2", "3", "5", "6"]
    assert books.rows(gone=True) == {"4": "as it was"}
    kept = books.connection.execute(
        "select is_deletion from staging.history where agreement_id = %s and source_key = '4'",
        [books.agreement.id],
    ).fetchall()
    assert kept == [(True,)]


def test_a_quiet_night_reads_nothing(books: Books) -> None:
    books.stream.put("1")
    books.night()
    assert books.night().read == 0
    assert books.decision == ReadChanges("x9999")


def test_what_comes_back_on_a_later_page_or_night_lives(books: Books) -> None:
    books.stream.put("1", "2", "3")
    books.night()
    books.stream.delete("1", "2")
    books.stream.put("1", name="back")
    books.night()
    assert books.rows() == {"1": "back", "3": "as it was"}
    books.stream.put("2", name="back, too")
    books.night()
    assert books.rows() == {"1": "back", "2": "back, too", "3": "as it was"}
    assert books.rows(gone=True) == {}


def test_what_comes_and_goes_within_a_read_is_not_there(books: Books) -> None:
    books.stream.put("1")
    books.night()
    books.stream.put("2", "3")
    books.stream.delete("2")
    books.night()
    assert sorted(books.rows()) == ["1", "3"]


@pytest.mark.parametrize("is_one_chunk", [True, False])
def test_a_mass_deletion_waits_for_a_person_however_many_pages_tell_it(
    warehouse: Connection, dsn: str, monkeypatch: pytest.MonkeyPatch, is_one_chunk: bool
) -> None:
    if not is_one_chunk:
        monkeypatch.setattr("saldo.landing.chunks.PAGES_PER_CHUNK", 1)
    books = Books(warehouse, dsn, f"mass_{is_one_chunk}".lower(), guard={"min_rows": 5})
    books.stream.put(*map(str, range(20)))
    books.night()
    books.stream.delete(*map(str, range(8)))
    with pytest.raises(DataRejected, match="confirm_deletes"):
        books.night()
    left = len(books.rows())
    assert left > 13
    # What the first night deleted still counts in the second.
    with pytest.raises(DataRejected, match="confirm_deletes"):
        books.night()
    assert len(books.rows()) == left
    assert books.night(run_request=RunRequest(confirm_deletes=True)).deleted <= 8
    assert len(books.rows()) == 12


def test_a_read_that_was_cut_off_moves_no_cursor_and_goes_on(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("saldo.landing.chunks.PAGES_PER_CHUNK", 1)
    books.stream.put("1", "2", "3", "4", "5")
    books.night()
    before = books.state()
    books.stream.put("6", "7", "8", "9")
    books.stream.fails_on_page = 1
    with pytest.raises(Unavailable):
        books.night()
    assert {**books.state(), "taken": None} == {**before, "taken": None}
    books.stream.fails_on_page = None
    books.stream.put("10")
    counts = books.night()
    assert (counts.read, counts.inserted) == (3, 3)
    assert len(books.rows()) == 10
    books.stream.put("11")
    assert books.night().read == 2  # what came while it was read is told again
    assert len(books.rows()) == 11


def test_what_changes_while_everything_is_read_is_told_by_the_stream(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    books.stream.put("1", "2", "3")
    pages = books.stream.pages

    def late(entity: Entity, request: Request, *, resume: str | None = None) -> Iterator[Page]:
        found = list(pages(entity, request, resume=resume))
        books.stream.delete("1")
        yield from found

    monkeypatch.setattr(books.stream, "pages", late)
    books.night()
    monkeypatch.setattr(books.stream, "pages", pages)
    assert sorted(books.rows()) == ["2", "3"]
    books.night()
    assert sorted(books.rows()) == ["2", "3"]


def test_a_change_that_cannot_be_read_leads_to_everything(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    books.stream.put("1", "2")
    books.night()
    pages = books.stream.pages

    def odd(entity: Entity, request: Request, *, resume: str | None = None) -> Iterator[Page]:
        if isinstance(request, Changes):
            raise Unreadable("a change says nothing")
        yield from pages(entity, request, resume=resume)

    monkeypatch.setattr(books.stream, "pages", odd)
    books.stream.delete("1")
    books.night()
    assert sorted(books.rows()) == ["2"]
    # The stream is still odd right after it: the next night reads everything again.
    assert books.state()["distrusted"] == "a change says nothing"
    monkeypatch.setattr(books.stream, "pages", pages)
    books.night()
    assert isinstance(books.decision, ReadEverything)
    assert "distrusted" not in books.state()


# --- a full run whose last read, of what changed meanwhile, does not end ---------------------------


FULL = RunRequest("full")


class Broken(Stream):
    """A vendor that answers questions about changes with an error or not at all, from one page on."""

    ends: BaseException | None = None

    def pages(
        self, entity: Entity, request: Request, *, resume: str | None = None
    ) -> Iterator[Page]:
        for page in super().pages(entity, request, resume=resume):
            yield page
            if self.ends and isinstance(request, Changes):
                raise self.ends


@pytest.fixture
def broken(books: Books, monkeypatch: pytest.MonkeyPatch) -> Books:
    """Four items, and changes of six that come while everything is read."""
    monkeypatch.setattr("saldo.landing.chunks.PAGES_PER_CHUNK", 1)
    books.stream = stream = Broken()
    stream.put("1", "2", "3", "4")
    books.night()
    begins = stream.delta_cursor

    def late(entity: Entity) -> str:
        cursor = begins(entity)
        if len(stream.changes) == 4:
            stream.put("1", "2", "5", "6", "7", name="new")
            stream.delete("3")
        return cursor

    monkeypatch.setattr(stream, "delta_cursor", late)
    stream.asked.clear()
    return books


LATEST = {"1": "new", "2": "new", "4": "as it was", "5": "new", "6": "new", "7": "new"}


@pytest.mark.parametrize("end", [Unavailable("cut off"), Killed()], ids=repr)
def test_a_retry_reads_what_changed_and_not_everything_again(
    broken: Books, end: BaseException
) -> None:
    stream = broken.stream
    assert isinstance(stream, Broken)
    stream.ends = end
    for _ in range(2):
        with pytest.raises(type(end)):
            broken.night(run_request=FULL, run_id="full")
    assert stream.asked == [Everything(), Changes("x9996"), Changes("x9996")]
    stream.ends = None
    counts = broken.night(run_request=FULL, run_id="full")
    assert stream.asked[3:] == [Changes("x9996")]
    assert counts.read < 6  # the first page of changes was kept
    assert broken.rows() == LATEST
    assert set(broken.state()) == {"cursor", "since", "query_hash", "full_at", "told_at"}
    # Whoever starts it again wants everything again.
    broken.night(run_request=FULL, run_id="full")
    assert stream.asked[4] == Everything()


@pytest.mark.parametrize(
    ("mark", "run_id"),
    [
        ("{}", "another"),
        ('{"distrusted": "the sums differ"}', "full"),
        ('{"query_hash": "another"}', "full"),
        ('{"since": "2020-01-01T00:00:00Z"}', "full"),
    ],
)
def test_everything_is_read_by_another_run_and_where_the_stream_is_of_no_use(
    broken: Books, mark: str, run_id: str
) -> None:
    stream = broken.stream
    assert isinstance(stream, Broken)
    stream.ends = Unavailable("cut off")
    with pytest.raises(Unavailable):
        broken.night(run_request=FULL, run_id="full")
    stream.ends = None
    broken.connection.execute(
        "update ops.watermark set cursor = cursor || %s::jsonb where agreement_id = %s",
        [mark, broken.agreement.id],
    )
    stream.asked.clear()
    broken.night(run_request=FULL, run_id=run_id)
    assert stream.asked[0] == Everything()
    assert broken.rows() == LATEST


def test_the_next_night_reads_what_changed_and_the_run_before_it_everything_again(
    broken: Books,
) -> None:
    stream = broken.stream
    assert isinstance(stream, Broken)
    stream.ends = Unavailable("cut off")
    with pytest.raises(Unavailable):
        broken.night(run_request=FULL, run_id="full")
    stream.ends = None
    stream.asked.clear()
    broken.night(run_id="night")
    assert stream.asked == [Changes("x9996")]
    assert broken.rows() == LATEST
    broken.night(run_request=FULL, run_id="full")
    assert stream.asked[1] == Everything()


@pytest.mark.parametrize("part", range(3))
def test_a_full_run_killed_at_any_statement_reads_everything_once_it_was_not_whole(
    warehouse: Connection, dsn: str, part: int
) -> None:
    is_killed, seen = True, set()
    for statement in itertools.count(1 + part, 3):
        books = Books(warehouse, dsn, f"d_killed_{statement}")
        books.stream.put("1", "2", "3")
        books.night()
        full_at = books.state()["full_at"]
        books.stream.put("2", "4", name="new")
        books.stream.delete("3")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("saldo.landing.chunks.PAGES_PER_CHUNK", 1)
            try:
                with killed_at(statement):
                    books.night(run_request=FULL, run_id="full")
            except Killed:
                pass
            else:
                is_killed = False
        if not is_killed:
            break
        was_whole = books.state()["full_at"] != full_at
        goes_on = books.state().get("full_run") == "full"
        books.stream.asked.clear()
        books.night(run_request=FULL, run_id="full")
        assert (books.stream.asked[0] == Everything()) is not goes_on
        assert books.rows() == {"1": "as it was", "2": "new", "4": "new"}
        seen.add((was_whole, goes_on))
    assert {(False, False), (True, True)} <= seen
    assert (False, True) not in seen


def test_everything_counts_where_only_what_came_meanwhile_cannot_be_read(broken: Books) -> None:
    """Until the stream is well again every night reads everything, and none of them fails."""
    stream = broken.stream
    assert isinstance(stream, Broken)
    stream.ends = BadResponse("a change is not as declared")
    full_at = broken.state()["full_at"]
    for _ in range(2):
        broken.night(run_request=FULL if "distrusted" not in broken.state() else None)
        assert isinstance(broken.decision, ReadEverything)
        assert broken.state()["full_at"] > full_at
        assert (
            broken.state()["distrusted"] == "the stream of changes could not be read the last time"
        )
        row = broken.connection.execute(
            "select note, status from ops.sync_run where agreement_id = %s order by sync_run_id desc limit 1",
            [broken.agreement.id],
        ).fetchone()
        assert row
        assert row[1] == "success"
        assert "a change is not as declared" in row[0]
    stream.ends = None
    broken.night()
    assert broken.rows() == LATEST
    assert "distrusted" not in broken.state()


# --- a cursor that is not used -------------------------------------------------------------------


def test_an_old_cursor_is_not_used(books: Books) -> None:
    books.stream.put("1", "2")
    books.night()
    books.night(after=59 * HOURS)
    assert isinstance(books.decision, ReadChanges)
    books.night(after=61 * HOURS)
    assert isinstance(books.decision, ReadEverything)
    assert "older than 60 hours" in books.decision.why


def test_a_cursor_of_another_query_is_not_used(books: Books) -> None:
    books.stream.put("1", "2")
    books.night()
    books.entity = declared("query { items { more } }")
    books.night()
    assert isinstance(books.decision, ReadEverything)
    assert "another query" in books.decision.why
    books.night()
    assert isinstance(books.decision, ReadChanges)


@pytest.mark.parametrize(
    ("lost", "says"),
    [("since", "age of the cursor is not known"), ("cursor", "there is no cursor")],
)
def test_a_cursor_of_unknown_age_is_not_used(books: Books, lost: str, says: str) -> None:
    books.stream.put("1", "2")
    books.night()
    books.connection.execute(
        "update ops.watermark set cursor = cursor - %s where agreement_id = %s",
        [lost, books.agreement.id],
    )
    books.night()
    assert isinstance(books.decision, ReadEverything)
    assert says in books.decision.why


def test_the_state_is_what_the_contract_says(books: Books) -> None:
    books.stream.put("1")
    books.night()
    assert set(books.state()) == {"cursor", "since", "query_hash", "full_at", "told_at"}


# --- pages that tell where the stream stands -----------------------------------------------------


class Telling(Stream):
    """A vendor whose pages of changes have a cursor of their own; it forgets what it has told of long ago."""

    def __init__(self) -> None:
        super().__init__()
        self.cursors_asked = 0
        self.forgotten = 0

    def delta_cursor(self, entity: Entity) -> str:
        self.cursors_asked += 1
        return "" if len(self.changes) == self.forgotten else str(len(self.changes))

    def pages(
        self, entity: Entity, request: Request, *, resume: str | None = None
    ) -> Iterator[Page]:
        if not isinstance(request, Changes):
            yield from super().pages(entity, request, resume=resume)
            return
        self.asked.append(request)
        first = max(int(resume or request.cursor or 0), self.forgotten)
        while True:
            part = dict(self.changes[first : first + self.page_size])
            end = min(first + self.page_size, len(self.changes))
            records = [
                msgspec.Raw(json.dumps({"dbId": key, "name": name}).encode())
                for key, name in part.items()
                if name is not None
            ]
            gone = tuple(key for key, name in part.items() if name is None)
            onward = str(end) if end < len(self.changes) else None
            yield Page(records, onward, deleted=gone, stands_at=str(end) if part else None)
            if onward is None:
                return
            first = end


@pytest.fixture
def telling(books: Books) -> Books:
    books.stream = Telling()
    reads = Delta("query { items }", max_age=60 * HOURS, pages_tell_cursor=True)
    books.entity = Entity("items", "items", Item, "dbId", reads=reads)
    return books


def test_the_pages_cursor_is_used_and_none_is_asked_for(telling: Books) -> None:
    stream = telling.stream
    assert isinstance(stream, Telling)
    stream.put("1", "2")
    telling.night()
    assert stream.cursors_asked == 1
    for place in range(3):
        stream.put(f"new {place}", "1", name=f"changed {place}")
        stream.delete("2") if place == 1 else None
        telling.night()
        assert telling.state()["cursor"] == str(len(stream.changes))
    assert telling.rows() == {
        "1": "changed 2", "new 0": "changed 0", "new 1": "changed 1", "new 2": "changed 2",
    }  # fmt: skip
    assert stream.cursors_asked == 1
    assert stream.asked[-1] == Changes("7")


def test_without_any_change_yet_all_of_the_stream_is_read(telling: Books) -> None:
    stream = telling.stream
    assert isinstance(stream, Telling)
    stream.put("1", "2")
    stream.forgotten = 2
    telling.night()
    assert telling.state()["cursor"] == ""
    stream.put("3")
    telling.night()
    assert stream.asked[-1] == Changes("")
    assert set(telling.rows()) == {"1", "2", "3"}
    assert telling.state()["cursor"] == "3"


def test_a_cursor_at_which_nothing_happens_for_days_is_not_sent(
    telling: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vendor may have forgotten it, and need not say so: all that it still tells is newer."""
    stream = telling.stream
    assert isinstance(stream, Telling)
    stream.put("1")
    telling.night()
    first = datetime.now(UTC)
    for day in range(1, 5):
        monkeypatch.setattr("saldo.ways.delta.now", lambda day=day: first + 24 * day * HOURS)
        stream.forgotten = 1 if day >= 3 else 0
        telling.night(after=24 * day * HOURS)
        assert isinstance(telling.decision, ReadChanges)
        assert stream.asked[-1] == Changes("1" if day < 3 else "")
    stream.put("2")
    telling.night(after=96 * HOURS)
    assert set(telling.rows()) == {"1", "2"}
    assert telling.state()["cursor"] == "2"


def test_a_stream_that_is_doubted_is_read_in_full_once(telling: Books) -> None:
    telling.stream.put("1")
    telling.night()
    mark = telling.entity.reads.distrusted("the sums differ")
    state = telling.entity.reads.state(telling.state() | mark, {})
    decision = plan(
        telling.entity, RunRequest(), state, full_refresh="never", now=datetime.now(UTC)
    )
    assert decision == ReadEverything("everything was read: the sums differ")
    telling.connection.execute(
        'update ops.watermark set cursor = cursor || \'{"distrusted": "the sums differ"}\' where agreement_id = %s',
        [telling.agreement.id],
    )
    telling.night()
    assert isinstance(telling.decision, ReadEverything)
    telling.night()
    assert isinstance(telling.decision, ReadChanges)


def test_where_there_was_nothing_everything_is_read_once_more(telling: Books) -> None:
    """A vendor that was not well may have answered so; the stream tells nothing of what was there before."""
    assert isinstance(telling.stream, Telling)
    telling.night()
    assert telling.rows() == {}
    telling.night()
    assert telling.decision == ReadEverything(
        "everything was read: there was nothing the last time"
    )
    telling.stream.put("1")
    telling.night()
    assert isinstance(telling.decision, ReadChanges)
    assert set(telling.rows()) == {"1"}
