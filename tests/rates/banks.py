"""Banks as tests ask them: at the sandbox, on a day of their choice."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import requests

from saldo.banks import BANKS
from saldo.banks.client import RatesClient
from saldo.declarations.connection_form import Fields
from saldo.transport import Caller
from tests.support import QUICK, Sandbox

#: Bank -> where the sandbox plays it.
PLACES = {
    "ecb": "ecb/service",
    "nationalbanken": "nationalbanken/statbank/v1",
    "norges_bank": "norges_bank/api",
    "riksbank": "riksbank/swea/v1",
}


def client(sandbox: Sandbox, bank: str) -> RatesClient:
    """With a key, as somebody has who asks often."""
    extra = {"recent_url": f"{sandbox.url}/nationalbanken/api"} if bank == "nationalbanken" else {}
    fields = Fields.of(
        host=f"{sandbox.url}/{PLACES[bank]}",
        login=None,
        password="sandbox-key-of-the-rates",
        extra=extra,
    )
    caller = Caller(BANKS[bank].title, bank, f"saldo_rates_{bank}", kind="rates")
    return RatesClient(BANKS[bank], caller, fields=fields, policy=QUICK)


def set_day(sandbox: Sandbox, day: date | None) -> None:
    body = {"today": day.isoformat() if day else None}
    requests.put(f"{sandbox.url}/sandbox/rates", json=body, timeout=10).raise_for_status()


def fault(sandbox: Sandbox, bank: str, kind: str, **more: Any) -> None:
    body = {"kind": kind, "vendor": bank, **more}
    requests.post(f"{sandbox.url}/sandbox/faults", json=body, timeout=10).raise_for_status()


def truth(sandbox: Sandbox, bank: str, since: date) -> dict[str, Any]:
    url = f"{sandbox.url}/sandbox/rates/{bank}/truth?since={since}"
    found: dict[str, Any] = requests.get(url, timeout=60).json()
    return found


def evening(day: date) -> datetime:
    return datetime.combine(day, time(17, 15), UTC)
