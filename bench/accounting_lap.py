"""One lap of exporting claims, in a process of its own; reads its task from standard input, prints what it measured."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import requests

from saldo.exports.accounting.configuration import AccountingExport
from saldo.exports.accounting.problems import Problem
from saldo.exports.accounting.registering import register
from saldo.exports.accounting.sending import Counts, Export
from saldo.exports.accounting.targets import TARGETS, kind_of
from saldo.exports.accounting.targets.target import (
    Calls,
    Dispatch,
    Found,
    Outcome,
    ReceiptContent,
    Target,
)
from saldo.transport import Caller
from saldo.vendors.business_central.client import BusinessCentralClient
from saldo.vendors.xledger.client import XledgerClient
from saldo.warehouse.connection import connect
from sandbox.vendors.business_central.companies import id_of

from .measure import Clock, memory_mb

TENANT = "fjordgruppen.example"
#: Documents of one call to what answers at once.
_AT_ONCE = 20
COMMON: dict[str, Any] = {
    "connection": "bench", "currency": "NOK", "limits": {"requests_a_minute": 1200},
}  # fmt: skip
MAPPINGS: dict[str, dict[str, Any]] = {
    "business_central": {
        "accounts": {"travel": "4410"}, "payable": {"expense": {"type": "vendor", "numbers": {"E12": "V00031"}}},
        "vat": {"25": {"rate": 25, "country": "NO", "code": "STANDARD"}}, "no_vat": "ZERO", "booking": "post",
    },
    "xledger": {
        "accounts": {"travel": "2410"}, "payable": {"expense": {"account": "6800", "numbers": {"E12": "0011"}}},
        "vat": {"25": {"rate": 25, "country": "NO", "code": "I25"}},
    },
}  # fmt: skip
MORE = {
    "business_central": {"environment": "Sandbox", "batch": {"journal": "SALDO"}},
    "xledger": {},
}


def configuration(target: str, organisation: str, company: str) -> AccountingExport:
    """The file of an organisation. company: as the target calls it."""
    values = {
        **COMMON, **MORE[target], "organisation": organisation, "target": target, "company": company, "mapping": MAPPINGS[target],
    }  # fmt: skip
    return TARGETS[target].configuration.model_validate(values)


def business_central(url: str, company: str) -> BusinessCentralClient:
    return BusinessCentralClient(
        Caller("business_central", company, "bench"), client_id="app-all", client_secret="sandbox-secret-app-all",
        tenant=TENANT, environment="Sandbox", url=f"{url}/business_central",
        token_url=f"{url}/entra/{TENANT}/oauth2/v2.0/token",
    )  # fmt: skip


def xledger(url: str, company: str) -> XledgerClient:
    token = f"sandbox-xledger-token-{company}"
    return XledgerClient(
        Caller("xledger", company, "bench"),
        token=token,
        url=f"{url}/xledger/graphql",
        burst=100_000,
    )


CLIENTS: dict[str, Callable[[str, str], Any]] = {
    "business_central": business_central,
    "xledger": xledger,
}
CALLED: dict[str, Callable[[str], str]] = {
    "business_central": id_of,
    "xledger": lambda company: f"{company} ApS",
}


class AtOnce:
    """A target that answers at once, and knows what it was given: what is left is the register's own part."""

    company = "bench at once"

    def __init__(self) -> None:
        self._there: dict[str, str] = {}

    def check(self, documents: Sequence[Any]) -> Mapping[str, list[Problem]]:
        return {}

    def look_up(
        self, dispatches: Sequence[Dispatch], calls: Calls | None = None
    ) -> Mapping[str, Found]:
        nowhere = Found(where="nowhere")
        return {
            one.key: Found(where="posted", reference=one.key) if one.key in self._there else nowhere
            for one in dispatches
        }

    def groups(self, dispatches: Sequence[Dispatch]) -> Sequence[Sequence[Dispatch]]:
        return [dispatches[at : at + _AT_ONCE] for at in range(0, len(dispatches), _AT_ONCE)]

    def send(
        self, group: Sequence[Dispatch], receipts: ReceiptContent, calls: Calls
    ) -> Mapping[str, Outcome]:
        body = [one.document.payload for one in group]
        number = calls.begin([one.key for one in group], "POST", "documents", body)
        self._there |= dict.fromkeys((one.key for one in group), "posted")
        calls.end(number, "done", status=201, answer="")
        return {one.key: Outcome(what="done", where="posted", reference=one.key) for one in group}

    def complete(
        self, dispatches: Sequence[Dispatch], receipts: ReceiptContent, calls: Calls
    ) -> Mapping[str, Outcome]:
        return {one.key: Outcome(what="done", reference=one.key) for one in dispatches}

    def post(
        self, dispatches: Sequence[Dispatch], expected: Mapping[str, str], calls: Calls
    ) -> Mapping[str, Outcome]:
        return {
            one.key: Outcome(what="done", where="posted", reference=one.key) for one in dispatches
        }


def together(export: Export) -> Counts:
    """As a night does it."""
    return export.run()


def one_by_one(export: Export, dsn: str, of: AccountingExport) -> Counts:
    """As a program that registers and sends each when it is approved."""
    found = Counts()
    with connect(dsn) as connection:
        rows = connection.execute(
            "select expense_id from ops.expense where organisation = %s order by 1",
            [of.organisation],
        ).fetchall()
        for (id,) in rows:
            job = register(connection, of, id, actor="bench")
            found += export.check() + export.send([job.export_id]) + export.finish()
    return found


def arrived(counts: Counts) -> int:
    """How many are where the file wants them."""
    return counts["posted"] or counts["created"]


def by_hand(url: str, company: str, claims: int) -> tuple[int, int]:
    """A request a line and one post, with nothing written down, compared or looked up. Returns claims and requests."""
    client = requests.Session()
    form = {
        "grant_type": "client_credentials", "client_id": "app-all", "scope": "x/.default",
        "client_secret": "sandbox-secret-app-all",
    }  # fmt: skip
    answer = client.post(f"{url}/entra/{TENANT}/oauth2/v2.0/token", data=form, timeout=30)
    client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    root = f"{url}/business_central/v2.0/{TENANT}/Sandbox/api/v2.0/companies({id_of(company)})"
    [journal] = client.get(f"{root}/journals?$filter=code eq 'SALDO'", timeout=30).json()["value"]
    asked, path = 2, f"{root}/journals({journal['id']})"
    for claim in range(claims):
        for line in range(1, 6):
            body = {
                "accountType": "G/L Account", "accountNumber": "4410", "postingDate": "2026-03-02", "documentNumber": f"H{claim}",
                "externalDocumentNumber": f"H{claim}-{line}", "amount": 121.00, "description": "Taxi",
                "balanceAccountType": "Vendor", "balancingAccountNumber": "V00031",
            }  # fmt: skip
            client.post(f"{path}/journalLines", json=body, timeout=60).raise_for_status()
            asked += 1
    client.post(f"{path}/Microsoft.NAV.post", timeout=60).raise_for_status()
    return claims, asked + 1


def main() -> None:
    task: dict[str, Any] = json.load(sys.stdin)
    name, url, company = task["target"], task["url"], task["company"]
    if task["what"] == "by_hand":
        clock = Clock()
        rows, asked = by_hand(url, company, task["claims"])
    else:
        client = CLIENTS[name](url, company)
        of = configuration(name, task["organisation"], CALLED[name](company))
        target: Target = AtOnce() if task["what"] == "at_once" else kind_of(of).open(client, of)
        export = Export(task["dsn"], of, target, actor="bench")
        clock = Clock()
        is_single = task["what"] == "one_by_one"
        rows = arrived(one_by_one(export, task["dsn"], of) if is_single else together(export))
        asked = client.usage.requests
    print(json.dumps({"rows": rows, "requests": asked, **clock.read(), "peak_mb": memory_mb("VmHWM")}))  # fmt: skip


if __name__ == "__main__":
    main()
