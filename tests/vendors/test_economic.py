"""The parts of e-conomic's client, each by itself: what is asked in its filters, and numbers that cannot be."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import msgspec
import pytest

from saldo.declarations.entity import Entity
from saldo.declarations.source import LARGEST, Days, Keys, Page, Request
from saldo.errors import BadResponse
from saldo.transport import Caller, Reply
from saldo.vendors.economic import answers, ranges
from saldo.vendors.economic.client import EconomicClient
from saldo.vendors.economic.filters import clauses, escaped, since
from saldo.vendors.economic.limits import observe_rate_limit
from saldo.ways.append_only import Beyond
from saldo.ways.change_log import ChangeLog
from saldo.ways.modified_since import Since
from tests.support import ENTITIES, Company, Sandbox

NOT_ASKED = "0001-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def company(sandbox: Sandbox) -> Company:
    return sandbox.company("parts", entries=300)


# --- filters -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-10-29T13:02:11Z", ["at$gte:2026-10-28T13:02:11Z"]),
        ("2026-10-29", ["at$gte:2026-10-28T00:00:00Z"]),
        ("0001-01-02T00:00:00Z", ["at$gte:0001-01-01T00:00:00Z"]),
        ("0001-01-01T23:59:59Z", []),
        ("1-01-01T00:00:00Z", []),  # as it was once written
        ("", []),
    ],
)
def test_what_is_stamped_since_is_asked_for_with_a_days_overlap(
    moment: str, expected: list[str]
) -> None:
    assert since("at", moment) == expected


def test_a_marker_before_which_there_is_no_day_asks_for_everything() -> None:
    assert clauses(ENTITIES["customers"], Since(NOT_ASKED)) == []
    assert clauses(ENTITIES["customers"], Since(NOT_ASKED, is_settled=True)) == [
        f"lastUpdated$gt:{NOT_ASKED}"
    ]


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (date(2026, 5, 31), ["date$gte:0001-01-01", "date$lt:2026-06-01"]),
        (date(9999, 12, 30), ["date$gte:0001-01-01", "date$lt:9999-12-31"]),
        (date.max, ["date$gte:0001-01-01"]),
    ],
)
@pytest.mark.parametrize("name", ["entries", "invoices"])
def test_a_window_may_end_with_the_last_day_there_is(
    name: str, last: date, expected: list[str]
) -> None:
    assert clauses(ENTITIES[name], Days(date.min, last)) == expected


def test_letters_with_a_meaning_are_escaped() -> None:
    assert escaped("U25") == "U25"
    assert escaped("a,b$(c)*[d]") == "a$,b$$$(c$)$*[d]"
    asked = clauses(ENTITIES["products"], Keys(("A,1", "B$")))
    assert asked == ["productNumber$in:[A$,1,B$$]"]


def test_keys_are_counted_where_the_vendor_can_filter_by_them(company: Company) -> None:
    client = company.client()
    [first, *_] = answers.collection(_body(client, "products")).collection
    number = json.loads(bytes(first))["productNumber"]
    assert client.count(ENTITIES["products"], Keys((number, "no, $such"))) == 1
    assert client.count(ENTITIES["currencies"], Keys(("DKK",))) is None
    with pytest.raises(BadResponse):
        client.count(ENTITIES["currencies"], Since("2026-01-01T00:00:00Z"))


def _body(client: EconomicClient, path: str) -> bytes:
    return client.get(path, decode=bytes)


# --- the change log ------------------------------------------------------------------------------

LOG = ChangeLog("dimensionsapi/log")


class Logging(EconomicClient):
    """A client of which the change log is given."""

    def __init__(self, *timestamps: str) -> None:
        super().__init__(
            Caller("economic", "x", "x"), grant_token="g", app_secret_token="s",
            rest_url="http://127.0.0.1:9/rest", openapi_url="http://127.0.0.1:9/openapi",
        )  # fmt: skip
        entries = [{"entryNumber": n, "timestamp": text} for n, text in enumerate(timestamps)]
        self.said, self.asked = json.dumps(entries).encode(), list[dict[str, Any]]()

    def _log(self, log: ChangeLog, params: dict[str, str | int]) -> list[answers.LogEntry]:
        self.asked.append(params)
        return answers.log(self.said)


def test_the_log_is_read_whatever_its_stamps() -> None:
    client = Logging("2026-01-01T00:00:00+01:00", "0001-01-01T00:00:00")
    assert client.newest(LOG) == "2025-12-31T23:00:00Z"
    moved = client.moved(LOG, NOT_ASKED)
    assert moved
    assert moved.marker == "2025-12-31T23:00:00Z"
    assert [asked.get("filter") for asked in client.asked] == [None, None]


def test_a_stamp_beyond_all_years_is_no_answer() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"\$\[0\]\.timestamp"):
        Logging("0001-01-01T00:00:00+01:00").newest(LOG)


# --- numbers that cannot be ----------------------------------------------------------------------


class Vendor:
    """Entries with these numbers, two to a page."""

    page_size = 2

    def __init__(self, *numbers: int) -> None:
        self.numbers = sorted(numbers)

    def page(self, entity: Entity, request: Request, resume: str | None) -> Page:
        found = self._asked(request)
        records = [
            msgspec.Raw(json.dumps({"entryNumber": number}).encode()) for number in found[:2]
        ]
        return Page(records, "on" if len(found) > 2 else None)

    def count(self, entity: Entity, request: Request) -> int:
        return len(self._asked(request))

    def edge(self, entity: Entity, request: Request, sign: str) -> int:
        return self._asked(request)[-1 if sign else 0]

    def _asked(self, request: Request) -> list[int]:
        after = request.number if isinstance(request, Beyond) else 0
        return [number for number in self.numbers if number > after]


@pytest.mark.parametrize("others", [0, 5], ids=["on-a-page", "on-several"])
@pytest.mark.parametrize(
    ("number", "expected"), [(LARGEST, LARGEST), (LARGEST + 1, None), (10**40, None)]
)
def test_how_far_entries_go_is_not_said_by_a_number_that_cannot_be(
    number: int, expected: int | None, others: int
) -> None:
    vendor: Any = Vendor(*range(1, others + 1), number)
    assert ranges.highest(vendor, ENTITIES["entries"], Beyond(0)) == expected


@pytest.mark.parametrize("said", [-1, 10**30, 1.5, "7"])
def test_a_number_of_records_that_cannot_be_is_no_answer(said: object) -> None:
    page = {"collection": [], "pagination": {"results": said}}
    for decode, body in ((answers.count, said), (answers.collection, page)):
        with pytest.raises(msgspec.ValidationError):
            decode(json.dumps(body).encode())


@pytest.mark.parametrize("cost", ["", "x", "2", "\u00b2"])
def test_the_cost_of_a_call_is_a_number_or_one(cost: str) -> None:
    seen = list[dict[str, Any]]()

    class Limiter:
        def observe(self, **said: Any) -> None:
            seen.append(said)

    headers = {"X-RateLimiting": "token-limit-10000-per-60-seconds: 147/10000", "X-CallCost": cost}
    limiter: Any = Limiter()
    observe_rate_limit(limiter, Reply(200, headers, b""))
    assert [said["cost"] for said in seen] == [2 if cost == "2" else 1]
