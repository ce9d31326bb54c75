"""What stores and their libraries say, as sentences about the lake without a secret in them."""

from __future__ import annotations

import errno

from saldo.errors import ConfigError, SaldoError
from saldo.store_answers import is_missing_container, is_refusal, said


class LakeUnavailable(SaldoError):
    """The lake does not answer, or has no room; tried again like a vendor's outage."""

    @property
    def family(self) -> str:
        """It waits like a vendor that is away."""
        return "Unavailable"


def translation(error: BaseException, url: str) -> SaldoError:
    """ConfigError where a person must act, LakeUnavailable where waiting helps. url: the lake's."""
    if is_missing_container(error):
        which = " (the first folder of a file is its container)" if url.endswith("@") else ""
        return ConfigError(
            f"the lake {url} is not there: its container does not exist{which}. Make it (docs/lake-stores.md), or correct "
            "SALDO_LAKE_URL; what is owed is written by the next run"
        )
    if is_refusal(error):
        return ConfigError(
            f"the lake {url} refuses what Saldo shows it ({said(error)}). Nothing is lost: files "
            "that are owed are written by the next run. Check the connection's key and its date, and that it may "
            "write there (docs/lake-stores.md)"
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return LakeUnavailable(
            f"the lake {url} has no room ({said(error)}). Make room; what is owed is written by the next run"
        )
    return LakeUnavailable(
        f"the lake {url} cannot be used ({said(error)}). What is owed is written by the next run; if it stays "
        "so, check SALDO_LAKE_URL and its connection"
    )
