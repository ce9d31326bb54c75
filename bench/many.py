"""Who may read what, which every query asks once for each table, in a warehouse of many agreements."""

from __future__ import annotations

from collections.abc import Iterable

from saldo.warehouse.connection import Connection

from .measure import Lap
from .targets import Laps, Target
from .turns import Asked, in_turns

AGREEMENTS, TIMES, MOST_MS = 500, 99, 1
SECTION = f"Who may read what, of {AGREEMENTS} agreements, median of {TIMES}"


def add(owner: Connection, so_far: int) -> None:
    """so_far: how many there are, with the keys from 1 on."""
    owner.execute(
        "insert into mart.dim_agreement (agreement_key, agreement_id, name, vendor, base_currency) "
        "select n, 'a' || n, 'Agreement ' || n, 'economic', 'DKK' from generate_series(%s + 1, %s) as n",
        [so_far, AGREEMENTS],
    )
    owner.execute("analyze mart.dim_agreement")


def measure(reader: Connection, who: str) -> Lap:
    asked = Asked(reader, "copy (select mart.agreements_to_read()) to stdout")
    in_turns([asked], TIMES)
    return asked.lap(SECTION, who)


def targets(laps: Laps, logins: Iterable[str]) -> list[Target]:
    found = []
    for who in logins:
        lap = laps.get(SECTION, who)
        if lap:
            took = (lap.postgres_cpu_s or 0) * 1000
            found.append(
                Target(
                    f"Rights: who may read what, of {AGREEMENTS} agreements, {who}",
                    f"{MOST_MS} ms of CPU or less",
                    f"{took:.2f} ms",
                    took <= MOST_MS,
                )
            )
    return found
