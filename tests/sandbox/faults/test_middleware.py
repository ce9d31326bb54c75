"""Any vendor can misbehave, in its own shapes (e-conomic: ../vendors/economic/test_faults.py)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import requests

from sandbox.faults.fault import KINDS
from tests.support import Sandbox

Ask = Callable[[Sandbox], requests.Response]
MONEYBIRD = "sandbox-moneybird-all"
_ENTITIES = "{ entities(first: 9) { edges { node { dbId description } } } }"


def xledger(sandbox: Sandbox) -> requests.Response:
    return requests.post(
        f"{sandbox.url}/xledger/graphql", json={"query": _ENTITIES}, timeout=10,
        headers={"Authorization": "token sandbox-xledger-fjordgruppen"},
    )  # fmt: skip


def moneybird(sandbox: Sandbox) -> requests.Response:
    return requests.get(
        f"{sandbox.url}/moneybird/api/v2/administrations.json", timeout=10,
        headers={"Authorization": f"Bearer {MONEYBIRD}"},
    )  # fmt: skip


def business_central(sandbox: Sandbox) -> requests.Response:
    return requests.get(
        f"{sandbox.url}/business_central/v2.0/fjordgruppen.example/Production/api/v2.0/companies",
        headers={"Authorization": f"Bearer {bearer(sandbox)}"}, timeout=10,
    )  # fmt: skip


def bearer(sandbox: Sandbox) -> str:
    url = f"{sandbox.url}/entra/fjordgruppen.example/oauth2/v2.0/token"
    form = {
        "client_id": "app-all", "client_secret": "sandbox-secret-app-all", "scope": "x/.default",
    }  # fmt: skip
    return str(requests.post(url, data=form, timeout=10).json()["access_token"])


VENDORS: dict[str, Ask] = {
    "xledger": xledger, "moneybird": moneybird, "business_central": business_central,
}  # fmt: skip
every_vendor = pytest.mark.parametrize("vendor", VENDORS)


def fault(sandbox: Sandbox, vendor: str, kind: str, **more: Any) -> None:
    body = {"kind": kind, "vendor": vendor, **more}
    requests.post(f"{sandbox.url}/sandbox/faults", json=body, timeout=10).raise_for_status()


def records(vendor: str, answer: requests.Response) -> list[dict[str, Any]]:
    body: Any = answer.json()
    if vendor == "xledger":
        return [edge["node"] for edge in body["data"]["entities"]["edges"] or []]
    found: list[dict[str, Any]] = body["value"] if vendor == "business_central" else body
    return found


def error(vendor: str, answer: requests.Response) -> str:
    """The words of an error, found where the vendor writes them."""
    body = answer.json()
    found = body["errors"][0] if vendor == "xledger" else body["error"]
    return str(found if vendor == "moneybird" else found["message"])


# --- refusals ------------------------------------------------------------------------------------


def test_too_many_requests_at_xledger_come_with_status_200(sandbox: Sandbox) -> None:
    fault(sandbox, "xledger", "429")
    found = xledger(sandbox)
    assert found.status_code == 200
    assert found.json()["errors"][0]["code"] == "BAD_REQUEST.BURST_RATE_LIMIT_REACHED"
    fault(sandbox, "xledger", "429", retry_after=90)
    found = xledger(sandbox).json()["errors"][0]
    assert found["code"] == "BAD_REQUEST.INSUFFICIENT_CREDITS"
    wait = datetime.fromisoformat(found["extensions"]["resetAt"]).timestamp() - time.time()
    assert 80 < wait <= 90


def test_too_many_requests_at_moneybird_are_a_bare_text_and_an_epoch(sandbox: Sandbox) -> None:
    fault(sandbox, "moneybird", "429", retry_after=90)
    found = moneybird(sandbox)
    assert (found.status_code, found.text) == (429, "Retry later")
    assert 80 < int(found.headers["Retry-After"]) - time.time() <= 90
    assert found.headers["RateLimit-Remaining"] == "0"


def test_too_many_requests_at_business_central_promise_no_retry_after(sandbox: Sandbox) -> None:
    fault(sandbox, "business_central", "429")
    found = business_central(sandbox)
    assert (found.status_code, "Retry-After" in found.headers) == (429, False)
    assert found.json()["error"]["code"] == "Application_TooManyRequests"


@every_vendor
@pytest.mark.parametrize("status", [500, 503])
def test_an_outage_has_the_vendors_shape_and_is_over_at_once(
    sandbox: Sandbox, vendor: str, status: int
) -> None:
    fault(sandbox, vendor, str(status), retry_after=7)
    found = VENDORS[vendor](sandbox)
    assert (found.status_code, found.headers["Retry-After"]) == (status, "7")
    assert f"Fault {status}." in error(vendor, found)
    assert VENDORS[vendor](sandbox).status_code == 200


@every_vendor
@pytest.mark.parametrize("kind", ["expired", "revoked"])
def test_a_token_that_is_no_longer_good_is_401(sandbox: Sandbox, vendor: str, kind: str) -> None:
    fault(sandbox, vendor, kind)
    found = VENDORS[vendor](sandbox)
    assert found.status_code == 401
    assert error(vendor, found)


@pytest.mark.parametrize(
    ("vendor", "status"), [("xledger", 200), ("moneybird", 401), ("business_central", 403)]
)
def test_a_missing_right_has_the_vendors_shape(sandbox: Sandbox, vendor: str, status: int) -> None:
    fault(sandbox, vendor, "module")
    found = VENDORS[vendor](sandbox)
    assert found.status_code == status
    assert error(vendor, found)


# --- connections and bodies ----------------------------------------------------------------------


@every_vendor
def test_a_body_is_cut(sandbox: Sandbox, vendor: str) -> None:
    proper = VENDORS[vendor](sandbox).content
    fault(sandbox, vendor, "truncate")
    found = VENDORS[vendor](sandbox)
    assert found.content == proper[: len(proper) // 2]
    with pytest.raises(json.JSONDecodeError):
        found.json()


@every_vendor
def test_a_connection_is_dropped(sandbox: Sandbox, vendor: str) -> None:
    fault(sandbox, vendor, "drop")
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        VENDORS[vendor](sandbox)


@every_vendor
def test_a_proxy_answers_and_a_type_is_wrong(sandbox: Sandbox, vendor: str) -> None:
    fault(sandbox, vendor, "html")
    assert VENDORS[vendor](sandbox).text.startswith("<html>")
    fault(sandbox, vendor, "mislabelled", put="text/html")
    found = VENDORS[vendor](sandbox)
    assert found.headers["content-type"].startswith("text/html")
    assert found.json()


@every_vendor
@pytest.mark.parametrize(("kind", "status"), [("timeout", 504), ("latency", 200), ("slow", 200)])
def test_an_answer_is_late(sandbox: Sandbox, vendor: str, kind: str, status: int) -> None:
    fault(sandbox, vendor, kind, seconds=0.3)
    began = time.monotonic()
    assert VENDORS[vendor](sandbox).status_code == status
    assert time.monotonic() - began >= 0.3


# --- records -------------------------------------------------------------------------------------


@every_vendor
def test_a_record_is_missing_twice_there_or_none_is_left(sandbox: Sandbox, vendor: str) -> None:
    proper = records(vendor, VENDORS[vendor](sandbox))
    middle = len(proper) // 2
    fault(sandbox, vendor, "missing")
    found = records(vendor, VENDORS[vendor](sandbox))
    assert found == proper[:middle] + proper[middle + 1 :]
    fault(sandbox, vendor, "duplicate")
    found = records(vendor, VENDORS[vendor](sandbox))
    assert found == [*proper[: middle + 1], *proper[middle:]]
    fault(sandbox, vendor, "empty")
    assert records(vendor, VENDORS[vendor](sandbox)) == []


# --- aim -----------------------------------------------------------------------------------------


@every_vendor
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_can_be_aimed_at_every_vendor_and_leaves_no_trace(
    sandbox: Sandbox, vendor: str, kind: str
) -> None:
    proper = VENDORS[vendor](sandbox).content
    more = {"seconds": 0.01, "field": "name", "find": "a", "put": "b"}
    fault(sandbox, vendor, kind, **more)
    if kind == "drop":
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            VENDORS[vendor](sandbox)
    else:
        assert VENDORS[vendor](sandbox).status_code in (200, 401, 403, 504)
    assert VENDORS[vendor](sandbox).content == proper


def test_a_fault_hits_its_vendor_alone(sandbox: Sandbox) -> None:
    fault(sandbox, "moneybird", "500", times=9)
    assert xledger(sandbox).status_code == business_central(sandbox).status_code == 200
    assert moneybird(sandbox).status_code == 500


def test_a_fault_can_be_aimed_at_a_company_of_a_vendor(sandbox: Sandbox) -> None:
    fault(sandbox, "xledger", "500", agreement="4800", times=9)
    assert xledger(sandbox).status_code == 200
    fault(sandbox, "xledger", "500", agreement="4700")
    assert xledger(sandbox).status_code == 500
