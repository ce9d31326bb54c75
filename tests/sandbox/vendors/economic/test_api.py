"""The sandbox answers as e-conomic's documentation says: over its socket, as any client would ask."""

from __future__ import annotations

import json
import time
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

from tests.support import SECRET, Company, Sandbox

ENTRIES = "openapi/bookedEntriesapi/v7.0.0/booked-entries"
PERIODS = "openapi/accountingyearsapi/v2.0.1/accountingYears/periods"
#: One path of each API family.
FAMILIES = pytest.mark.parametrize("path", ["rest/accounts", ENTRIES], ids=["classic", "openapi"])


@pytest.fixture(scope="module")
def company(sandbox: Sandbox) -> Company:
    """A company no test of this module changes."""
    return sandbox.company("api", entries=2_500, customers=1_050)


@pytest.fixture
def own(sandbox: Sandbox) -> Company:
    """A company for one test alone."""
    return sandbox.company("own", entries=800, customers=30)


def get(
    company: Company, path: str, *, tokens: dict[str, str] | None = None, **params: Any
) -> requests.Response:
    """GET of a path below /economic; parameters are written as Python names."""
    headers = {
        "X-AppSecretToken": SECRET,
        "X-AgreementGrantToken": f"sandbox-grant-{company.id}",
        **(tokens or {}),
    }
    url = path if path.startswith("http") else f"{company.sandbox.url}/economic/{path}"
    return requests.get(url, params=params, headers=headers, timeout=10)


def total(company: Company) -> int:
    return int(company.truth()["counts"]["entries"])


def page(company: Company, path: str, **params: Any) -> dict[str, Any]:
    found = get(company, path, **params)
    assert found.status_code == 200, found.text
    body: dict[str, Any] = found.json()
    return body


# --- credentials ---------------------------------------------------------------------------------


@FAMILIES
@pytest.mark.parametrize(
    ("tokens", "code"),
    [
        ({"X-AgreementGrantToken": "wrong"}, "E02100"),
        ({"X-AgreementGrantToken": ""}, "E02100"),
        ({"X-AppSecretToken": "wrong"}, "E02250"),
        ({"X-AppSecretToken": ""}, "E02250"),
    ],
)
def test_wrong_tokens_are_401(
    company: Company, path: str, tokens: dict[str, str], code: str
) -> None:
    found = get(company, path, tokens=tokens)
    assert (found.status_code, found.json()["errorCode"]) == (401, code)


def test_no_tokens_at_all_are_401(company: Company) -> None:
    found = requests.get(f"{company.sandbox.url}/economic/rest/self", timeout=10)
    assert (found.status_code, found.json()["errorCode"]) == (401, "E02100")


def test_tokens_open_their_own_books_only(company: Company, own: Company) -> None:
    assert page(company, "rest/self")["agreementNumber"] == company.agreement_number
    assert page(own, "rest/self")["agreementNumber"] == own.agreement_number


# --- errors --------------------------------------------------------------------------------------


def test_errors_have_the_shape_of_their_family(company: Company) -> None:
    classic = get(company, "rest/nothing")
    assert (classic.status_code, classic.json()["errorCode"]) == (404, "E06000")
    assert {"message", "developerHint", "logId", "httpStatusCode", "errors", "logTime"} <= set(
        classic.json()
    )
    for path in ("openapi/nothingapi/v1.0.0/x", f"{ENTRIES}/nothing"):
        problem = get(company, path)
        assert (problem.status_code, problem.json()["errorCode"]) == (404, "ResourceNotFound")
        assert {"type", "title", "status", "detail", "errors", "traceId"} <= set(problem.json())
        assert problem.headers["content-type"] == "application/problem+json"


def test_a_module_that_is_not_bought_is_403(sandbox: Sandbox, company: Company) -> None:
    without = sandbox.company("nomodule", entries=800, departments=False)
    found = get(without, "rest/departments")
    assert found.status_code == 403
    assert "module" in found.json()["message"]
    assert len(page(company, "rest/departments")["collection"]) == 5


# --- classic paging ------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "found"), [(1, 1), (7, 7), (1_000, 1_000), (None, 20)])
def test_a_classic_page_is_as_large_as_asked_and_twenty_by_default(
    company: Company, size: int | None, found: int
) -> None:
    params = {} if size is None else {"pagesize": size}
    assert len(page(company, "rest/customers", **params)["collection"]) == found


@pytest.mark.parametrize(
    "params",
    [
        {"pagesize": 0},
        {"pagesize": 1_001},
        {"pagesize": -1},
        {"skippages": -1},
        {"pagesize": "abc"},
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_page_size_that_is_not_allowed_is_400(company: Company, params: dict[str, Any]) -> None:
    found = get(company, "rest/customers", **params)
    assert found.status_code == 400
    assert found.json()["errorCode"] == "E04810"


def test_classic_links_lead_through_the_whole_set(company: Company) -> None:
    results = company.truth()["counts"]["customers"]
    found, links, body = [], 0, page(company, "rest/customers", pagesize=300)
    last = body["pagination"]["lastPage"]
    while True:
        assert body["pagination"]["results"] == results
        found += [customer["customerNumber"] for customer in body["collection"]]
        following = body["pagination"].get("nextPage")
        if following is None:
            break
        assert following.startswith(f"{company.sandbox.url}/economic/rest/customers?")
        body, links = page(company, following), links + 1
    assert len(found) == len(set(found)) == results
    assert links == 3  # 1,080 customers, 300 a page
    assert "skippages=3&" in last  # pages are counted from zero
    assert body["self"] == last


@pytest.mark.parametrize("skip", [2, 3, 500])
def test_beyond_the_end_is_an_empty_page_and_no_error(company: Company, skip: int) -> None:
    body = page(company, "rest/customers", pagesize=1_000, skippages=skip)
    assert body["collection"] == []
    assert body["pagination"]["results"] == 1_080
    assert "nextPage" not in body["pagination"]


def test_links_keep_the_filter(company: Company) -> None:
    clause = "customerNumber$lt:1010"
    body = page(company, "rest/customers", pagesize=4, filter=clause)
    assert (body["pagination"]["results"], body["pagination"]["resultsWithoutFilter"]) == (
        10,
        1_080,
    )
    body = page(company, body["pagination"]["nextPage"])
    assert [c["customerNumber"] for c in body["collection"]] == [1004, 1005, 1006, 1007]
    assert len(page(company, body["pagination"]["nextPage"])["collection"]) == 2


# --- cursor paging -------------------------------------------------------------------------------


def test_cursors_lead_through_the_whole_set_and_end_without_one(company: Company) -> None:
    numbers, sizes, params = [], [], {}
    while True:
        body = page(company, ENTRIES, **params)
        sizes.append(len(body["items"]))
        numbers += [entry["entryNumber"] for entry in body["items"]]
        if "cursor" not in body:
            break
        assert body["cursor"]
        params = {"cursor": body["cursor"]}
    assert sizes[:-1] == [1_000] * (len(sizes) - 1)
    assert len(sizes) == 3
    assert numbers == sorted(set(numbers))
    assert len(numbers) == total(company)


def test_a_set_of_exactly_one_page_has_no_cursor(company: Company) -> None:
    thousandth = page(company, ENTRIES)["items"][-1]["entryNumber"]
    whole = page(company, ENTRIES, filter=f"entryNumber$lte:{thousandth}")
    assert len(whole["items"]) == 1_000
    assert "cursor" not in whole
    assert "cursor" in page(company, ENTRIES, filter=f"entryNumber$lte:{thousandth + 2}")


def test_a_cursor_keeps_its_filter(company: Company) -> None:
    found = page(company, ENTRIES, filter="accountNumber$eq:5820", cursor="1000")["items"]
    assert found
    assert {entry["accountNumber"] for entry in found} == {5820}
    assert min(entry["entryNumber"] for entry in found) >= 1000


def test_a_cursor_past_the_end_is_empty_and_a_wrong_one_400(company: Company) -> None:
    assert page(company, ENTRIES, cursor="99999999") == {"items": []}
    assert get(company, ENTRIES, cursor="later").status_code == 400


# --- filters and counts --------------------------------------------------------------------------

FILTERS = [
    None,
    "entryNumber$gt:1500",
    "entryNumber$gte:100$and:entryNumber$lt:200",
    "date$gte:2026-01-01$and:date$lte:2026-03-31",
    "remainder$ne:0",
    "remainder$ne:0$and:entryNumber$lte:1000",
    "accountNumber$eq:5820",
    "accountNumber$in:[5820,5600]",
    "entryNumber$in:[1,2,23,24,999999]",
    "entryNumber$gt:999999",
]


@pytest.mark.parametrize("clause", FILTERS)
def test_a_count_is_what_the_filter_yields(company: Company, clause: str | None) -> None:
    params = {} if clause is None else {"filter": clause}
    entries, more = [], dict(params)
    while True:
        body = page(company, ENTRIES, **more)
        entries += body["items"]
        if "cursor" not in body:
            break
        more["cursor"] = body["cursor"]
    assert get(company, f"{ENTRIES}/count", **params).json() == len(entries)
    assert len(entries) < total(company) or clause is None


def test_filters_select_what_they_say(company: Company) -> None:
    def numbers(clause: str) -> list[int]:
        return [entry["entryNumber"] for entry in page(company, ENTRIES, filter=clause)["items"]]

    some = page(company, ENTRIES, filter="date$gte:2026-01-01$and:date$lte:2026-01-31")["items"]
    assert some
    assert {entry["date"][:7] for entry in some} == {"2026-01"}
    assert numbers("entryNumber$gt:8$and:entryNumber$lte:12") == [
        n for n in numbers("entryNumber$lte:12") if n > 8
    ]
    unsettled = page(company, ENTRIES, filter="remainder$ne:0")["items"]
    assert len(unsettled) == company.truth()["open_entries"]
    assert all(entry["remainder"] for entry in unsettled)


def test_classic_filters_select_what_they_say(own: Company) -> None:
    own.next_day()
    changed = page(own, "rest/customers", filter="lastUpdated$gte:2026-11-02T00:00:00Z")
    stamps = {customer["lastUpdated"] for customer in changed["collection"]}
    assert stamps == {"2026-11-02T13:02:11Z"}
    assert changed["pagination"]["results"] == len(changed["collection"]) == 2


def test_an_unknown_classic_filter_names_those_that_are_allowed(company: Company) -> None:
    found = get(company, "rest/customers", filter="nmae$eq:Bager")
    assert found.status_code == 400
    assert found.json()["allowedFilteringFields"] == ["customerNumber", "lastUpdated"]


def test_an_unknown_openapi_filter_is_a_bad_filter_request(company: Company) -> None:
    for path in (ENTRIES, f"{ENTRIES}/count"):
        found = get(company, path, filter="colour$eq:red")
        assert (found.status_code, found.json()["errorCode"]) == (400, "BadFilterRequest")
        assert "colour" in found.json()["title"]


@pytest.mark.parametrize(
    "clause",
    ["entryNumber", "entryNumber$like:1", "entryNumber$gt:one", "date$gte:yesterday", "$and:"],
)
def test_a_filter_that_cannot_be_read_is_400(company: Company, clause: str) -> None:
    found = get(company, ENTRIES, filter=clause)
    assert (found.status_code, found.json()["errorCode"]) == (400, "BadFilterRequest")


@pytest.mark.parametrize(("many", "status"), [(200, 200), (201, 400)])
def test_a_filter_takes_two_hundred_values(company: Company, many: int, status: int) -> None:
    values = ",".join(str(number) for number in range(1, many + 1))
    assert get(company, ENTRIES, filter=f"entryNumber$in:[{values}]").status_code == status


# --- limits --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "tokens", "status", "cost"),
    [
        ("rest/accounts", {}, 200, "1"),
        (ENTRIES, {}, 200, "3"),
        ("rest/nothing", {}, 404, "1"),
        ("rest/customers?pagesize=1001", {}, 400, "1"),
        (f"{ENTRIES}?filter=colour$eq:red", {}, 400, "3"),
        ("rest/accounts", {"X-AppSecretToken": "wrong"}, 401, "1"),
        ("rest/accounts", {"X-AgreementGrantToken": "wrong"}, 401, "1"),
    ],
)
def test_every_answer_tells_cost_and_limit(
    company: Company, path: str, tokens: dict[str, str], status: int, cost: str
) -> None:
    found = get(company, path, tokens=tokens)
    assert found.status_code == status
    assert found.headers.get("X-CallCost") == cost
    assert "token-limit-10000-per-60-seconds: " in found.headers.get("X-RateLimiting", "")


def used(answer: requests.Response) -> int:
    return int(answer.headers["X-RateLimiting"].split(": ")[1].split("/")[0])


def test_calls_add_up_to_what_was_used(own: Company) -> None:
    first, second = used(get(own, "rest/accounts")), used(get(own, ENTRIES))
    assert first == 1
    assert second in (4, 3)  # 3 when a minute began in between


@FAMILIES
def test_a_spent_minute_is_429_with_retry_after(sandbox: Sandbox, path: str) -> None:
    small = sandbox.company("limited", entries=800, tokens_per_minute=5)
    answers = [get(small, path) for _ in range(12)]  # more than two minutes' worth
    statuses = [answer.status_code for answer in answers]
    assert statuses[0] == 200
    refused = answers[statuses.index(429)]
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert used(refused) in (3, 5)  # what another call would have passed
    assert refused.headers["X-CallCost"] == ("1" if "rest" in path else "3")
    assert refused.json()["errorCode"] == "TooManyRequests"


# --- days ----------------------------------------------------------------------------------------


def names(company: Company, what: str, key: str) -> dict[int, str]:
    rows = page(company, f"rest/{what}", pagesize=1_000)["collection"]
    return {row[key]: row["name"] for row in rows}


def test_a_day_adds_renames_deletes_and_reuses(own: Company) -> None:
    customers = [names(own, "customers", "customerNumber")]
    accounts = [names(own, "accounts", "accountNumber")]
    departments = [names(own, "departments", "departmentNumber")]
    suppliers = [names(own, "suppliers", "supplierNumber")]
    for _ in range(3):
        own.next_day()
        customers.append(names(own, "customers", "customerNumber"))
        accounts.append(names(own, "accounts", "accountNumber"))
        departments.append(names(own, "departments", "departmentNumber"))
        suppliers.append(names(own, "suppliers", "supplierNumber"))
    assert set(customers[1]) - set(customers[0]) == {1030}
    assert set(customers[0]) - set(customers[1]) == {90_000}
    assert set(customers[3]) >= {90_000}  # the number is used again
    assert customers[3][90_000] != customers[0][90_000]
    assert [n for n in range(1000, 1030) if customers[0][n] != customers[1][n]] != []
    assert len(suppliers[1]) == len(suppliers[0]) + 1
    assert accounts[0] == accounts[1]
    assert accounts[1][1010] != accounts[2][1010]
    assert set(accounts[3]) - set(accounts[2]) == {3690}
    assert set(departments[2]) - set(departments[1]) == {6}


def test_a_day_books_entries_and_settles_old_ones(own: Company) -> None:
    before = {e["entryNumber"]: e for e in page(own, ENTRIES, filter="remainder$ne:0")["items"]}
    count = total(own)
    own.next_day()
    last = max(before)
    new = page(own, ENTRIES, filter=f"entryNumber$gt:{last + 30}")["items"]
    assert {entry["date"] for entry in new} >= {"2026-11-02T00:00:00"}
    assert total(own) > count
    after = {e["entryNumber"]: e for e in page(own, ENTRIES, filter="remainder$ne:0")["items"]}
    assert set(before) - set(after)


def test_days_can_be_skipped_and_weekends_are_none(own: Company) -> None:
    url = f"{own.sandbox.url}/sandbox/companies/{own.id}/next-day"
    days = [requests.post(url, timeout=10).json()["today"]]
    days.append(requests.post(url, params={"days": 4}, timeout=10).json()["today"])
    days.append(requests.post(url, timeout=10).json()["today"])
    assert days == ["2026-11-02", "2026-11-06", "2026-11-09"]
    overview = requests.get(f"{own.sandbox.url}/sandbox", timeout=10).json()[own.id]
    assert (overview["day"], overview["today"]) == (6, "2026-11-09")


def test_periods_are_counted_and_leave_false_out(company: Company) -> None:
    periods = page(company, PERIODS)["items"]
    assert [period["periodNumber"] for period in periods] == list(range(1, 49))
    assert get(company, f"{PERIODS}/count").json() == 48
    assert periods[0]["isClosed"] is True
    assert "isClosed" not in periods[-1]


# --- faults --------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_a_status_is_answered_once_and_then_no_more(own: Company, status: int) -> None:
    own.fault(str(status))
    answers = [get(own, "rest/accounts") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [status, 200]
    assert answers[0].json()["errorCode"] == "Fault"
    assert "X-RateLimiting" in answers[0].headers


@pytest.mark.parametrize("retry_after", [7, "date", None])
def test_throttling_says_when_to_come_back(own: Company, retry_after: int | str | None) -> None:
    own.fault("429", retry_after=retry_after)
    value = get(own, "rest/accounts").headers.get("Retry-After")
    if retry_after == "date":
        assert value
        assert abs(parsedate_to_datetime(value).timestamp() - time.time()) < 5
    else:
        assert value == (None if retry_after is None else "7")


def test_a_fault_hits_what_it_matches_after_what_it_lets_pass(
    own: Company, company: Company
) -> None:
    own.fault("500", match="rest/customers?pagesize=2", after=1, times=2)
    assert get(company, "rest/customers", pagesize=2).status_code == 200
    assert get(own, "rest/accounts").status_code == 200
    statuses = [get(own, "rest/customers", pagesize=2).status_code for _ in range(4)]
    assert statuses == [200, 500, 500, 200]


def test_faults_can_be_cleared(own: Company) -> None:
    own.fault("500", times=99)
    assert get(own, "rest/accounts").status_code == 500
    own.sandbox.clear_faults()
    assert get(own, "rest/accounts").status_code == 200


def test_timeout_is_a_late_answer(own: Company) -> None:
    own.fault("timeout", seconds=0.3)
    began = time.monotonic()
    assert get(own, "rest/accounts").status_code == 504
    assert time.monotonic() - began >= 0.3


@FAMILIES
def test_drop_closes_the_connection_in_the_middle(own: Company, path: str) -> None:
    own.fault("drop")
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        get(own, path)
    assert get(own, path).status_code == 200


@FAMILIES
def test_truncate_is_a_complete_answer_with_half_the_json(own: Company, path: str) -> None:
    whole = get(own, path).text
    own.fault("truncate")
    half = get(own, path)
    assert half.status_code == 200
    assert whole.encode().startswith(half.content)
    with pytest.raises(json.JSONDecodeError):
        half.json()


def test_html_is_a_web_page_with_status_200(own: Company) -> None:
    own.fault("html")
    found = get(own, "rest/accounts")
    assert (found.status_code, found.headers["content-type"][:9]) == (200, "text/html")
    assert found.text.startswith("<html>")


def test_empty_is_a_proper_answer_without_records(own: Company) -> None:
    own.fault("empty", times=2)
    classic = page(own, "rest/accounts")
    assert classic["collection"] == []
    assert classic["pagination"]["results"] == 0
    assert page(own, ENTRIES)["items"] == []
    assert page(own, ENTRIES)["items"] != []


@pytest.mark.parametrize(("count", "left"), [(1, 999), (0, 0)])
def test_replace_changes_the_body(own: Company, count: int, left: int) -> None:
    own.fault("replace", find='"currencyCode":"DKK",', put="", count=count)
    items = page(own, ENTRIES)["items"]
    assert len([entry for entry in items if "currencyCode" in entry]) == min(left, len(items) - 1)
