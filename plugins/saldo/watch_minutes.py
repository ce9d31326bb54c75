"""How often the watch looks: SALDO_WATCH_MINUTES."""

from __future__ import annotations

import os
from collections.abc import Mapping

from saldo.errors import ConfigError

DEFAULT_MINUTES = 5
#: An hour is made of whole ones.
_POSSIBLE_MINUTES = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)


def watch_minutes(environ: Mapping[str, str] = os.environ) -> int:
    """Minutes from one look of the watch to the next. Raises ConfigError."""
    value = environ.get("SALDO_WATCH_MINUTES") or str(DEFAULT_MINUTES)
    if value not in map(str, _POSSIBLE_MINUTES):
        possible = ", ".join(map(str, _POSSIBLE_MINUTES))
        raise ConfigError(
            f"SALDO_WATCH_MINUTES is {value!r}, which is none of {possible}; until it is, the watch looks "
            f"every {DEFAULT_MINUTES} minutes. Correct it where Airflow's services get their environment, and "
            "start them again"
        )
    return int(value)
