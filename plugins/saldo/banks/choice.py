"""Which banks this installation asks, and since when: SALDO_EXCHANGE_RATES, SALDO_EXCHANGE_RATES_SINCE."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date

from saldo.errors import ConfigError

VARIABLE, SINCE_VARIABLE = "SALDO_EXCHANGE_RATES", "SALDO_EXCHANGE_RATES_SINCE"
#: What can be chosen; BANKS has the same names (a test compares them). Here without what asks them: DAG files are
#: read often.
NAMES = ("ecb", "nationalbanken", "norges_bank", "riksbank")
_DEFAULT, _NONE = "ecb", "none"
_DEFAULT_SINCE, _EARLIEST = date(2015, 1, 1), date(1999, 1, 4)


def chosen_banks(environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Names of banks, each once, in the order of BANKS; the ECB where nothing is said, nobody for `none`.

    Raises ConfigError for a name that is no bank's.
    """
    said = environ.get(VARIABLE, "").replace(";", ",").lower().split(",")
    names = {name.strip() for name in said} - {""} or {_DEFAULT}
    if names == {_NONE}:
        return ()
    if unknown := sorted(names - set(NAMES)):
        raise ConfigError(
            f"{VARIABLE}: {', '.join(map(repr, unknown))} is no bank; write one or more of {', '.join(NAMES)} with "
            f"commas between, or {_NONE}"
        )
    return tuple(name for name in NAMES if name in names)


def first_day(environ: Mapping[str, str] = os.environ) -> date:
    """The first day rates are wanted of; 2015-01-01 where nothing is said. Raises ConfigError."""
    value = environ.get(SINCE_VARIABLE, "").strip()
    if not value:
        return _DEFAULT_SINCE
    try:
        found = date.fromisoformat(value)
    except ValueError:
        found = date.min
    if found < _EARLIEST:
        raise ConfigError(
            f"{SINCE_VARIABLE} is {value[:20]!r}; write a day such as {_DEFAULT_SINCE}, not before {_EARLIEST}: there "
            "was no euro"
        )
    return found
