"""Every fault, against every kind of endpoint; and afterwards the sandbox is as if nothing had been."""

from __future__ import annotations

import json
import time
import zlib
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import requests

from sandbox.faults import fault
from sandbox.faults.fault import KINDS, Fault
from tests.support import SECRET, Company, Sandbox

BOOKED = "openapi/bookedEntriesapi/v7.0.0/booked-entries"
PLACED = "openapi/dimensionsapi/v5.3.1/dimension-data/booked-entries"
PATHS = (
    "rest/self", "rest/customers", "rest/vat-accounts", BOOKED, f"{BOOKED}/count", f"{BOOKED}/paged",
    PLACED, f"{PLACED}/count", f"{PLACED}/changelog", "openapi/suppliersapi/v2.0.0/Groups",
    "openapi/journalsapi/v16.0.1/draft-entries", "rest/invoices/booked", "rest/invoices/totals/booked",
    "rest/orders/sent", "openapi/q2capi/v5.3.0/invoices/booked/lines",
    "openapi/documentsapi/v4.0.1/AttachedDocuments",
)  # fmt: skip
#: What the kinds need to be usable.
NEEDS: dict[str, dict[str, Any]] = {
    "timeout": {"seconds": 0.01},
    "slow": {"seconds": 0.05},
    "latency": {"seconds": 0.01},
    "late": {"seconds": 0.01},
    "retyped": {"field": "name"},
    "missing_field": {"field": "name"},
    "replace": {"find": "a", "put": "b"},
}
#: Kinds that leave a proper answer with status 200 in JSON.
READABLE = KINDS - {"timeout", "drop", "truncate", "html", "module", "revoked", "expired"}
CURSORS = pytest.mark.parametrize("path", [BOOKED, PLACED], ids=["entries", "dimensions"])


@pytest.fixture(scope="module")
def company(sandbox: Sandbox) -> Company:
    found = sandbox.company("faulty", entries=6_000, customers=131)
    found.next_day()
    return found


def headers(company: Company) -> dict[str, str]:
    return {"X-AppSecretToken": SECRET, "X-AgreementGrantToken": f"sandbox-grant-{company.id}"}


def get(company: Company, path: str, **params: Any) -> requests.Response:
    url = path if path.startswith("http") else f"{company.sandbox.url}/economic/{path}"
    return requests.get(url, params=params, headers=headers(company), timeout=10)


def body(company: Company, path: str, **params: Any) -> Any:
    found = get(company, path, **params)
    assert found.status_code == 200, found.text
    return found.json()


def numbers(rows: list[dict[str, Any]]) -> list[int]:
    return [row["customerNumber"] for row in rows]


def customers(company: Company, page: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = body(company, "rest/customers", pagesize=50, skippages=page)
    return found


# --- every kind, everywhere ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("path", PATHS)
def test_every_fault_can_be_used_everywhere_and_leaves_no_trace(
    company: Company, kind: str, path: str
) -> None:
    proper = body(company, path)
    company.fault(kind, match=path, **NEEDS.get(kind, {}))
    if kind == "drop":
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            get(company, path)
    else:
        found = get(company, path)
        assert found.status_code == {
            "timeout": 504,
            "lost": 504,
            "module": 403,
            "revoked": 401,
            "expired": 401,
        }.get(kind, 200)
        assert "X-RateLimiting" in found.headers
        if kind in READABLE:
            found.json()
    assert body(company, path) == proper


@pytest.mark.parametrize("kind", sorted(KINDS - {"timeout", "slow", "latency", "late"}))
def test_faults_honour_after_and_times(company: Company, kind: str) -> None:
    proper = body(company, "rest/vat-accounts")
    company.fault(kind, match="vat-accounts", after=1, times=1, **NEEDS.get(kind, {}))
    assert body(company, "rest/customers")
    assert body(company, "rest/vat-accounts") == proper
    company.sandbox.clear_faults()


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "retyped"},
        {"kind": "missing_field"},
        {"kind": "endless", "where": "never"},
        {"kind": "missing", "where": "next"},
        {"kind": "missing", "colour": "red"},
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_fault_that_cannot_be_is_told_why(sandbox: Sandbox, fault: dict[str, str]) -> None:
    found = requests.post(f"{sandbox.url}/sandbox/faults", json=fault, timeout=10)
    assert found.status_code == 400
    assert found.json()["error"]


def test_the_documentation_names_every_kind() -> None:
    assert fault.__doc__
    words = fault.__doc__.replace(",", " ").split()
    assert set(words) >= KINDS
    assert all(Fault(kind, **NEEDS.get(kind, {})).status is None for kind in KINDS)


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["rest/employees", BOOKED], ids=["classic", "openapi"])
def test_a_missing_module_and_a_revoked_grant_have_the_vendors_bodies(
    company: Company, path: str
) -> None:
    company.fault("module", match=path)
    refused = get(company, path)
    assert refused.status_code == 403
    assert refused.json()["errorCode"] == "AccessDeniedAgreementMissingModules"
    assert "Missing modules" in refused.json()["message" if "rest" in path else "title"]
    company.fault("revoked", match=path)
    assert (get(company, path).status_code, get(company, path).status_code) == (401, 200)


# --- records -------------------------------------------------------------------------------------


def test_duplicate_sends_a_record_twice(company: Company) -> None:
    proper = numbers(customers(company)["collection"])
    company.fault("duplicate", match="customers")
    found = numbers(customers(company)["collection"])
    assert found == proper[:26] + proper[25:]


def test_duplicate_over_two_pages_sends_the_last_record_again(company: Company) -> None:
    pages = [numbers(customers(company, page)["collection"]) for page in range(3)]
    company.fault("duplicate", match="customers", where="next", times=2)
    found = [numbers(customers(company, page)["collection"]) for page in range(3)]
    assert found == [pages[0], [pages[0][-1], *pages[1]], [pages[1][-1], *pages[2]]]
    assert numbers(customers(company, 1)["collection"]) == pages[1]


@CURSORS
def test_duplicate_over_two_cursor_pages(company: Company, path: str) -> None:
    first = body(company, path)
    second = body(company, path, cursor=first["cursor"])
    company.fault("duplicate", match=path, where="next")
    assert body(company, path) == first
    found = body(company, path, cursor=first["cursor"])
    assert found["items"] == [first["items"][-1], *second["items"]]


@CURSORS
def test_missing_leaves_one_out_in_the_middle(company: Company, path: str) -> None:
    proper = body(company, path)
    company.fault("missing", match=path)
    found = body(company, path)
    assert len(found["items"]) == 999
    assert [row for row in proper["items"] if row not in found["items"]] == [proper["items"][500]]
    assert found["cursor"] == proper["cursor"]
    company.fault("missing", match="customers")
    assert customers(company)["pagination"]["results"] == 161


def test_new_field_is_in_all_records_or_some(company: Company) -> None:
    company.fault("new_field", match=BOOKED)
    assert all("unknownField" in row for row in body(company, BOOKED)["items"])
    company.fault("new_field", match="vat-zones", field="colour", count=1)
    rows = body(company, "rest/vat-zones")["collection"]
    assert ["colour" in row for row in rows] == [False, False, True, False]


@pytest.mark.parametrize(
    ("path", "field", "kind"),
    [
        (BOOKED, "amount", str),
        (BOOKED, "text", list),
        ("rest/customers", "customerNumber", str),
        ("rest/customers", "zip", int),
        ("rest/customers", "eInvoicingDisabledByDefault", str),
        ("rest/customers", "paymentTerms", str),
        ("rest/customers", "paymentTerms.paymentTermsNumber", str),
        ("rest/self", "agreementNumber", str),
    ],
)
def test_retyped_is_another_json_type(company: Company, path: str, field: str, kind: type) -> None:
    company.fault("retyped", match=path, field=field)
    found = body(company, path)
    rows = found.get("collection") or found.get("items") or [found]
    for value in rows:
        for part in field.split("."):
            value = value[part]
        assert type(value) is kind


def test_missing_field_is_absent(company: Company) -> None:
    company.fault("missing_field", match=BOOKED, field="amountInBaseCurrency", count=3)
    rows = body(company, BOOKED)["items"]
    assert [n for n, row in enumerate(rows) if "amountInBaseCurrency" not in row] == [500, 501, 502]
    company.fault("missing_field", match="customers", field="paymentTerms.paymentTermsNumber")
    rows = customers(company)["collection"]
    assert all(list(row["paymentTerms"]) == ["self"] for row in rows)


# --- paging --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("recount", "results"), [(False, 161), (True, 160)])
def test_shift_skips_one_record_between_two_pages(
    company: Company, recount: bool, results: int
) -> None:
    whole = [n for page in range(4) for n in numbers(customers(company, page)["collection"])]
    assert len(whole) == 161
    company.fault("shift", match="customers", after=1, times=9, recount=recount)
    pages = [customers(company, page) for page in range(4)]
    found = [n for page in pages for n in numbers(page["collection"])]
    assert found == whole[:50] + whole[51:]
    assert [page["pagination"]["results"] for page in pages] == [161, *[results] * 3]


def test_shift_of_a_cursor_list_and_of_a_paged_array(company: Company) -> None:
    proper = body(company, BOOKED)["items"]
    company.fault("shift", match=BOOKED)
    assert body(company, BOOKED)["items"] == proper[1:]
    company.fault("shift", match="paged")
    assert body(company, f"{BOOKED}/paged", pageSize=100, skipPages=1) == proper[101:201]


def test_foreign_link_leads_to_another_host(company: Company) -> None:
    company.fault("foreign_link", match="customers", times=2)
    for page in (0, 3):
        link = customers(company, page)["pagination"]["nextPage"]
        assert link.startswith("https://restapi.e-conomic.example/economic/rest/customers?")
    company.fault("foreign_link", match="customers", put="http://127.0.0.1:9")
    assert customers(company)["pagination"]["nextPage"].startswith("http://127.0.0.1:9/economic/")


@CURSORS
def test_a_cursor_full_of_junk_works_when_it_comes_back_in_one_piece(
    company: Company, path: str
) -> None:
    first = body(company, path)
    second = body(company, path, cursor=first["cursor"])
    company.fault("foreign_link", match=path)
    junk = body(company, path)["cursor"]
    assert junk != first["cursor"]
    assert len(junk) <= 50
    assert body(company, path, cursor=junk) == second
    careless = get(company, f"{path}?cursor={junk}")
    assert careless.status_code == 400


def test_a_cursor_full_of_junk_on_the_last_page_leads_to_an_empty_one(company: Company) -> None:
    company.fault("foreign_link", match="Groups")
    path = "openapi/suppliersapi/v2.0.0/Groups"
    junk = body(company, path)["cursor"]
    assert body(company, path, cursor=junk) == {"items": []}


@pytest.mark.parametrize("where", ["same", "new"])
def test_endless_classic_pages_bring_no_new_records(company: Company, where: str) -> None:
    company.fault("endless", match="customers", where=where, times=30)
    found, link = customers(company), ""
    seen, links = set(numbers(found["collection"])), set()
    for _ in range(12):
        link = found["pagination"]["nextPage"]
        links.add(link)
        found = body(company, link)
        assert set(numbers(found["collection"])) == seen
    assert len(links) == (1 if where == "same" else 12)
    company.sandbox.clear_faults()
    assert get(company, link).status_code == 200


@CURSORS
def test_endless_cursors_are_ever_new_with_the_same_items(company: Company, path: str) -> None:
    company.fault("endless", match=path, times=9)
    found, cursors = body(company, path), set()
    items = found["items"]
    for _ in range(8):
        assert found["items"] == items
        cursors.add(found["cursor"])
        found = body(company, path, cursor=found["cursor"])
    assert len(cursors) == 8
    assert get(company, path, cursor=found["cursor"]).status_code == 400


def test_wrong_count_is_off_by_one(company: Company) -> None:
    count = body(company, f"{BOOKED}/count")
    company.fault("wrong_count", match="count")
    assert body(company, f"{BOOKED}/count") == count + 1
    company.fault("wrong_count", match="count", by=-1)
    assert body(company, f"{BOOKED}/count") == count - 1
    company.fault("wrong_count", match="customers", by=-1)
    paging = customers(company)["pagination"]
    assert (paging["results"], paging["resultsWithoutFilter"]) == (160, 160)


# --- connections ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["rest/accounts", BOOKED], ids=["classic", "openapi"])
def test_slow_drips_and_is_whole_in_the_end(company: Company, path: str) -> None:
    proper = body(company, path)
    company.fault("slow", match=path, seconds=0.4)
    began = time.monotonic()
    assert body(company, path) == proper
    assert time.monotonic() - began >= 0.4


def raw(company: Company, path: str, encoding: str) -> tuple[dict[str, str], bytes]:
    """Headers and the bytes that came before the connection closed."""
    host = urlsplit(company.sandbox.url)
    connection = HTTPConnection(host.hostname or "", host.port or 0, timeout=10)
    connection.request(
        "GET", f"/economic/{path}", headers={**headers(company), "Accept-Encoding": encoding}
    )
    answer = connection.getresponse()
    found = b""
    try:
        while piece := answer.read1(65_536):
            found += piece
    except (OSError, ValueError):
        pass
    connection.close()
    return {name.lower(): value for name, value in answer.getheaders()}, found


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_drop_ends_in_the_middle_of_what_was_announced(company: Company, encoding: str) -> None:
    path = f"{BOOKED}?{urlencode({'filter': 'entryNumber$lt:500'})}"
    company.fault("drop", match=BOOKED)
    told, found = raw(company, path, encoding)
    assert ("content-encoding" in told) == (encoding == "gzip")
    assert 0 < len(found) < int(told["content-length"])
    if encoding == "gzip":
        unpacker = zlib.decompressobj(31)
        found = unpacker.decompress(found)
        assert not unpacker.eof
    assert found.startswith(b'{"items":[')
    with pytest.raises(json.JSONDecodeError):
        json.loads(found.decode(errors="ignore"))


def test_slow_takes_gzip_too(company: Company) -> None:
    company.fault("slow", match=BOOKED, seconds=0.1)
    told, found = raw(company, BOOKED, "gzip")
    assert told["content-encoding"] == "gzip"
    assert len(json.loads(zlib.decompress(found, 31))["items"]) == 1_000
