"""1,000 claims of 5 lines into accounting systems: requests beside the least that their APIs allow, and the register's own part."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from saldo.exports.accounting.expense import Expense, parse_expense
from saldo.exports.accounting.intake import lock_expenses
from saldo.exports.accounting.storing import store_expenses
from saldo.warehouse.connection import connect
from stack.settings import free_port

from .children import call, python, server
from .cluster import Cluster
from .measure import Lap
from .targets import Laps, Target

CLAIMS, LINES = 1_000, 5
#: One by one, and by hand: the rest would only take longer.
FEW = 100
SECTION = f"Claims of {LINES} lines into an accounting system"
TITLES = {"business_central": "Business Central", "xledger": "Xledger"}
AT_ONCE = "to a target that answers at once: the register's own part"
BY_HAND = "Business Central by hand: a request a line, nothing written down"
MOST_MS = 5
MOST_REQUESTS = 0.1
#: Lines of the largest call of each API, and how many a claim has there: the owed one is Xledger's own.
_LARGEST = {"business_central": (100, LINES), "xledger": (500, LINES + 1)}
_DATABASE = "accounting_bench"


def run(cluster: Cluster, folder: Path, show: Callable[[Lap], None]) -> None:
    """All laps."""
    with _sandbox(folder) as url:
        dsn = cluster.empty_warehouse(_DATABASE)
        laps = _Laps(cluster, url, dsn, show)
        laps.child(AT_ONCE, "at_once", "business_central", CLAIMS)
        for target in TITLES:
            laps.child(together(target), "together", target, CLAIMS)
            laps.child(one_by_one(target), "one_by_one", target, FEW)
        laps.child(BY_HAND, "by_hand", "business_central", FEW)
        cluster.drop(_DATABASE)


def together(target: str) -> str:
    return f"{TITLES[target]}, together"


def one_by_one(target: str) -> str:
    return f"{TITLES[target]}, one by one"


def least(target: str, claims: int = CLAIMS) -> int:
    """Requests that write, if nothing was ever looked up: full calls, and one that posts where a call does."""
    largest, lines = _LARGEST[target]
    calls = -(-claims // (largest // lines))
    return calls + (target == "business_central")


class _Laps:
    def __init__(self, cluster: Cluster, url: str, dsn: str, show: Callable[[Lap], None]) -> None:
        self._cluster, self._url, self._dsn, self._show = cluster, url, dsn, show

    def child(self, what: str, name: str, target: str, claims: int) -> None:
        """A company of its own, and an organisation with so many claims."""
        organisation = f"{name}_{target}"
        company = f"{organisation}".replace("_", "")
        self._company(company, target)
        if name != "by_hand":
            self._claims(organisation, claims)
        self._cluster.settle(_DATABASE)
        lap = Lap(SECTION, what)
        task = {
            "what": name, "target": target, "url": self._url, "company": company, "organisation": organisation, "dsn": self._dsn,
            "claims": claims,
        }  # fmt: skip
        with self._cluster.metered(lap):
            found = call(python("bench.accounting_lap"), task)
        if found["rows"] != claims:
            raise AssertionError(f"{what}: {found['rows']} of {claims} claims arrived")
        for field in ("seconds", "rows", "requests", "client_cpu_s", "peak_mb"):
            setattr(lap, field, found[field])
        lap.requests = found["requests"] or None
        self._show(lap)

    def _company(self, company: str, target: str) -> None:
        values: dict[str, Any] = {
            "agreement_number": 1, "name": f"{company} ApS", "seed": 1, "entries": 100, "base_currency": "NOK",
            "xledger_burst": 100_000,
        }  # fmt: skip
        answer = requests.put(f"{self._url}/sandbox/companies/{company}", json=values, timeout=60)
        answer.raise_for_status()
        if target == "business_central":
            asked = {"do": "ask", "environment": "Sandbox", "path": "journals", "body": {"code": "SALDO"}}  # fmt: skip
            url = f"{self._url}/sandbox/companies/{company}/business_central"
            requests.post(url, json=asked, timeout=60).raise_for_status()

    def _claims(self, organisation: str, count: int) -> None:
        with connect(self._dsn) as connection, connection.transaction():
            lock_expenses(connection, organisation)
            sent = [_claim(organisation, number) for number in range(count)]
            store_expenses(connection, sent, actor="bench", source="file")


def _claim(organisation: str, number: int) -> Expense:
    day = "2026-10-15"
    lines = [
        {"line": line, "category": "travel", "date": day, "text": f"Taxi {line}", "amount": "125.00", "vat_code": "25",
         "vat_amount": "25.00"}
        for line in range(1, LINES + 1)
    ]  # fmt: skip
    return parse_expense({
        "id": f"EXP-{number:05}", "organisation": organisation, "kind": "expense", "status": "approved",
        "approved_at": "2026-10-16T09:00:00Z", "employee": "E12", "description": "Course", "date": day, "currency": "NOK",
        "lines": lines,
    })  # fmt: skip


@contextmanager
def _sandbox(folder: Path) -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [*python("uvicorn"), "sandbox.app:app", "--port", str(port), "--log-level", "warning"]
    with server(command, health=f"{url}/sandbox/health", folder=folder):
        yield url


def targets(laps: Laps) -> Sequence[Target]:
    """Requests beside the least there can be, time beside one by one, and what the register takes of a claim."""
    found: list[Target] = []
    own = laps.get(SECTION, AT_ONCE)
    if own:
        took = own.cpu_s * 1000 / CLAIMS
        said = f"{took:.1f} ms of CPU, client and Postgres ({own.seconds * 1000 / CLAIMS:.1f} ms)"
        found.append(
            Target("The register's own part of a claim", f"less than {MOST_MS} ms", said, took < MOST_MS)
        )  # fmt: skip
    for target, title in TITLES.items():
        all_of_them, single = (
            laps.get(SECTION, together(target)),
            laps.get(SECTION, one_by_one(target)),
        )
        if not (all_of_them and single):
            continue
        asked, fewest = all_of_them.requests or 0, least(target)
        cheaper = (single.cpu_s / FEW) / (all_of_them.cpu_s / CLAIMS)
        found.append(
            Target(
                f"Requests of {CLAIMS:,} claims to {title}", f"at most {MOST_REQUESTS} a claim",
                f"{asked} ({asked / fewest:.1f} x the {fewest} that write); one by one {(single.requests or 0) / FEW:.1f} a claim, "
                f"{cheaper:.0f} x the CPU",
                asked <= MOST_REQUESTS * CLAIMS,
            )
        )  # fmt: skip
    return found
