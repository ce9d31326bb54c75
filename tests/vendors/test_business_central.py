"""The Business Central client: lists, batches, writes and files, against the sandbox."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from saldo.errors import AuthError, BadResponse, OutcomeUnknown, RateLimited, Unavailable
from saldo.transport import Caller
from saldo.vendors.business_central.batches import Inside, first_refusal
from saldo.vendors.business_central.client import BusinessCentralClient
from saldo.vendors.business_central.odata import MOST_OF_A_FILTER, Query, is_any, option
from saldo.vendors.business_central.refusals import BusinessCentralRefusal, refusal_of
from tests.sandbox.vendors.business_central.asking import HONORARIUM, TAXI, TENANT, Books, books
from tests.support import QUICK, Sandbox


@pytest.fixture
def one(sandbox: Sandbox) -> Books:
    return books(sandbox, "bcclient")


def client_of(one: Books, app: str = "app-all") -> BusinessCentralClient:
    url = one.company.sandbox.url
    return BusinessCentralClient(
        Caller("business_central", "x", "x"), client_id=app, client_secret=f"sandbox-secret-{app}", tenant=TENANT,
        environment="Sandbox", url=f"{url}/business_central", token_url=f"{url}/entra/{TENANT}/oauth2/v2.0/token",
        policy=QUICK,
    )  # fmt: skip


def lines(one: Books, count: int) -> str:
    path = f"{one.journal()}/journalLines"
    for n in range(count):
        one.made(path, {**TAXI, "documentNumber": f"D{n}", "amount": 0.1 * (n + 1)})
    return path


# --- lists ---------------------------------------------------------------------------------------


def test_lists_are_read_to_their_last_page_several_at_once(one: Books) -> None:
    path, client, company = lines(one, 7), client_of(one), one.truth()["id"]
    one.do("set", page=3)
    alone = client.read(company, [Query(path, "", "documentNumber,amount")])
    assert [row["documentNumber"] for row in alone[0]] == [f"D{n}" for n in range(7)]
    before = client.usage.requests
    both = client.read(company, [Query(path, "documentNumber eq 'D5'"), Query(path), Query("vendors", "number eq 'O''X'")])  # fmt: skip
    assert [len(rows) for rows in both] == [1, 7, 0]
    assert client.usage.requests - before == 1 + 2  # and two further pages
    assert both[0][0]["amount"] == Decimal("0.6")
    assert client.read(company, []) == []


def test_one_of_several_is_refused(one: Books) -> None:
    client, company = client_of(one), one.truth()["id"]
    with pytest.raises(BusinessCentralRefusal, match="GET nothings was refused") as raised:
        client.read(company, [Query("vendors"), Query("nothings"), Query("accounts")])
    assert raised.value.refusal.code == "BadRequest_ResourceNotFound"
    assert raised.value.family == "BadResponse"
    one.company.fault("partial", match="employees")
    with pytest.raises(Unavailable, match="was refused: Fault"):
        client.read(company, [Query("vendors"), Query("employees")])
    with pytest.raises(BadResponse):
        client.read(company, [Query("vendors", "number eq 1")])


def test_a_list_that_leads_to_itself_or_away(one: Books) -> None:
    path, client, company = lines(one, 4), client_of(one), one.truth()["id"]
    one.do("set", page=1)
    one.company.fault("replace", match="journalLines", find="skiptoken=2", put="skiptoken=1", times=9)  # fmt: skip
    with pytest.raises(BadResponse, match="leads to a page it had already"):
        client.read(company, [Query(path)])
    one.company.sandbox.clear_faults()
    one.company.fault("replace", match="journalLines", find="http://127.0.0.1", put="http://127.0.0.9", count=0)  # fmt: skip
    with pytest.raises(BadResponse, match="not below the host"):
        client.read(company, [Query(path)])


def test_filters_are_over_one_field_and_short() -> None:
    filters = is_any("number", [f"O'{n}" for n in range(45)] + ["O'1"])
    assert [one.count(" or ") for one in filters] == [MOST_OF_A_FILTER - 1, MOST_OF_A_FILTER - 1, 4]
    assert filters[0].startswith("number eq 'O''0' or number eq 'O''1'")
    assert is_any("id", ["a"], quoted=False) == ["id eq a"]
    assert is_any("id", []) == []
    longest = Query("purchaseInvoices", is_any("vendorInvoiceNumber", [f"{n:035}" for n in range(20)])[0])  # fmt: skip
    assert len(longest.url) < 2_000


def test_options_as_people_read_them() -> None:
    assert [option(one) for one in ("G_x002F_L_x0020_Account", "_x0020_", " ", "Open")] == ["G/L Account", "", "", "Open"]  # fmt: skip


# --- writes --------------------------------------------------------------------------------------


def inside(path: str, *accounts: str) -> list[Inside]:
    amount = Decimal("121.10")
    return [Inside("POST", path, {**TAXI, "accountNumber": one, "amount": amount}) for one in accounts]  # fmt: skip


def test_batches(one: Books) -> None:
    path, client, company = lines(one, 0), client_of(one), one.truth()["id"]
    answers = client.batch(company, inside(path, "4410", "9999", "4420"), is_atomic=True, key="K")
    assert [(answer.place, answer.status) for answer in answers] == [(0, 201), (1, 400)]
    failed = first_refusal(answers)
    assert failed is not None
    assert (failed[0], failed[1].code) == (1, "Internal_InvalidTableRelation")
    assert one.found(path) == []
    answers = client.batch(company, inside(path, "4410", "9999", "4420"), is_atomic=False, key="K")
    assert [answer.status for answer in answers] == [201, 400, 201]
    assert answers[0].body["amount"] == Decimal("121.1")
    row = answers[0].body
    gone = Inside("DELETE", f"journalLines({row['id']})", etag=row["@odata.etag"])
    assert [answer.status for answer in client.batch(company, [gone], is_atomic=True, key="K")] == [204]  # fmt: skip
    assert len(one.found(path)) == 1


def test_a_record_is_written_by_whoever_has_its_etag(one: Books) -> None:
    path, client, company = lines(one, 0), client_of(one), one.truth()["id"]
    made = client.write("POST", company, path, TAXI, key="K")
    at = f"journalLines({made['id']})"
    changed = client.write("PATCH", company, at, {"amount": Decimal("1.10")}, key="K", etag=made["@odata.etag"])  # fmt: skip
    assert changed["amount"] == Decimal("1.1")
    with pytest.raises(BusinessCentralRefusal) as raised:
        client.write("PATCH", company, at, {"amount": 2}, key="K", etag=made["@odata.etag"])
    assert (raised.value.refusal.status, raised.value.refusal.may_pass) == (409, True)
    assert client.write("DELETE", company, at, key="K", etag=changed["@odata.etag"]) == {}
    one.company.fault("lost", match="purchaseInvoices")
    with pytest.raises(OutcomeUnknown, match="'K'"):
        client.write("POST", company, "purchaseInvoices", HONORARIUM, key="K")
    assert len(one.truth()["invoices"]) == 1


def test_what_it_refuses_has_code_words_and_the_id_for_support(one: Books) -> None:
    path, client, company = lines(one, 0), client_of(one), one.truth()["id"]
    with pytest.raises(BusinessCentralRefusal) as raised:
        client.write("POST", company, path, {**TAXI, "accountNumber": "4450"}, key="K")
    refusal = raised.value.refusal
    assert (refusal.status, refusal.code) == (400, "Application_FieldValidationException")
    assert refusal.text.endswith("Current value is 'Yes'.")
    assert len(refusal.correlation_id) == 36
    assert not raised.value.may_be_done
    assert str(refusal_of(418, None)) == "without a word [status 418]"


def test_bytes_are_uploaded_once(one: Books) -> None:
    path, client, company = lines(one, 1), client_of(one), one.truth()["id"]
    (line,) = one.found(path)
    fields = {"parentId": line["id"], "parentType": "Journal", "fileName": "a.pdf"}
    made = client.write("POST", company, "attachments", fields, key="K")
    at = f"attachments({made['id']})/attachmentContent"
    one.company.fault("503", match="attachmentContent")
    client.upload(company, at, b"\x00\xff", etag=made["@odata.etag"], key="K")
    (file,) = one.truth()["files"]
    assert file["bytes"] == 2
    (now,) = client.read(company, [Query(f"journalLines({line['id']})/attachments")])[0]
    one.company.fault("drop", match="attachmentContent")
    with pytest.raises(OutcomeUnknown):
        client.upload(company, at, b"longer", etag=now["@odata.etag"], key="K")
    assert one.truth()["files"][0]["bytes"] == 6


# --- tokens and limits ---------------------------------------------------------------------------


def test_a_token_that_runs_out_between_two_calls(one: Books) -> None:
    path, client, company = lines(one, 0), client_of(one, "app-short-lived"), one.truth()["id"]
    for _ in range(3):
        client.batch(company, inside(path, "4410"), is_atomic=True, key="K")
        time.sleep(1.1)  # it lasts two seconds
    assert len(one.found(path)) == 3


def test_what_is_refused_for_good_or_for_a_while(one: Books) -> None:
    path, client, company = lines(one, 0), client_of(one), one.truth()["id"]
    for kind, error in (("revoked", AuthError), ("429", RateLimited)):
        one.company.fault(kind, match=path, times=9)
        with pytest.raises(error):
            client.batch(company, inside(path, "4410"), is_atomic=True, key="K")
        one.company.sandbox.clear_faults()
    one.company.fault("429", match=path, times=2)  # without Retry-After
    client.batch(company, inside(path, "4410"), is_atomic=True, key="K")
    assert len(one.found(path)) == 1


def test_requests_wait_for_their_turn(one: Books) -> None:
    client = client_of(one)
    client.keep_below(3)
    waits = [client.credentials.limiter.delay_s() for _ in range(3)]
    assert waits == [0, 0, 0]
    assert 50 < client.credentials.limiter.delay_s() <= 60
