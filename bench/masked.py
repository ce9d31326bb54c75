"""What it costs to hide what is personal: the same queries of mart_masked, beside mart, by the same log-ins."""

from __future__ import annotations

from collections.abc import Mapping

from saldo.warehouse.connection import Connection

from .measure import Lap
from .targets import Laps, Target
from .turns import Asked, compared

SECTION = "The same without what is personal, median"


def hide(owner: Connection) -> None:
    """Ten accounts of 200 are salaries: of every twentieth posting, and of the other lines of their vouchers, texts are hidden."""
    owner.execute(
        "insert into ops.personal_account (agreement_id, first_number, last_number) "
        "select agreement_id, '191', '200' from mart.dim_agreement where agreement_key > 0"
    )


def asked_of(query: str) -> str:
    return query.replace("mart.", "mart_masked.")


def laps(what: str, whole: Asked, hidden: Asked) -> list[Lap]:
    return [
        asked.lap(SECTION, f"{what}, {by}") for by, asked in (("whole", whole), ("masked", hidden))
    ]


def targets(laps: Laps, queries: Mapping[str, str], logins: Mapping[str, object]) -> list[Target]:
    """How it is; nothing was promised."""
    found = []
    for what in (f"{name}, {who}" for name in queries for who in logins):
        whole, hidden = (laps.get(SECTION, f"{what}, {by}") for by in ("whole", "masked"))
        if whole and hidden:
            reached = compared(hidden, whole, "whole")[1]
            found.append(Target(f"Masked: {what}, beside the mart", "", reached, None))
    return found
