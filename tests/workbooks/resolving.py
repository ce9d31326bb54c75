"""Which rule of a mapping an account falls under, in plain Python: the model that SQL (dim_account.sql) is compared with."""

from __future__ import annotations

import re
from collections.abc import Iterable

from saldo.workbooks import MappingRow

_DIGITS = re.compile(r"[0-9]+")


def resolve(account: str, company: str, rules: Iterable[MappingRow]) -> MappingRow | None:
    """The most specific; one for this company before one for any."""
    fitting = [rule for rule in rules if rule.company in ("", company) and holds(rule, account)]
    return min(fitting, key=lambda rule: (rule.width, rule.company == ""), default=None)


def holds(rule: MappingRow, account: str) -> bool:
    if not rule.low or account.upper() == rule.low:
        return True
    return (
        rule.low != rule.high
        and len(account) == len(rule.low)
        and _DIGITS.fullmatch(account) is not None
        and rule.low <= account <= rule.high
    )
