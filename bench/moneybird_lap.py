"""One lap on Moneybird in a process of its own; reads its task from standard input, prints what it measured."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from saldo.agreements.agreement import Agreement
from saldo.transport import Caller
from saldo.vendors.moneybird.client import MoneybirdClient
from saldo.vendors.moneybird.controls import MoneybirdControls
from saldo.warehouse.connection import connect

from .company_lap import Books, agreement_at
from .landing_lap import COMPANY
from .measure import Clock, memory_mb

TOKEN = f"sandbox-moneybird-token-{COMPANY}"


def agreement() -> Agreement:
    return agreement_at("moneybird", "Europe/Amsterdam")


def client(url: str, administration_id: str) -> MoneybirdClient:
    """Without a limit: what is counted is requests, which the limit makes minutes of."""
    return MoneybirdClient(
        Caller("moneybird", COMPANY, "bench"),
        token=TOKEN,
        administration_id=administration_id,
        url=f"{url}/moneybird/api/v2",
        calls=1_000_000,
    )


LAPS: dict[str, Callable[[Books], dict[str, int]]] = {"night": Books.night, "proof": Books.prove}


def main() -> None:
    values: dict[str, Any] = json.load(sys.stdin)
    url, administration_id = values["url"], values["administration_id"]
    books = Books(
        connect(values["dsn"]),
        values["dsn"],
        agreement(),
        lambda: client(url, administration_id),
        MoneybirdControls,
    )
    lap, clock = LAPS[values["what"]], Clock()
    found = lap(books)
    print(json.dumps({**found, **clock.read(), "peak_mb": memory_mb("VmHWM")}))


if __name__ == "__main__":
    main()
