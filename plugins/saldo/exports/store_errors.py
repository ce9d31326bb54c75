"""What stores and their libraries say, as sentences about the store of exports without a secret in them."""

from __future__ import annotations

import errno

from saldo.errors import ConfigError, SaldoError
from saldo.store_answers import is_missing_container, is_refusal, said

_GUIDE = "docs/export-files.md"


class StoreUnavailable(SaldoError):
    """The store does not answer, or has no room; tried again like a vendor's outage."""

    @property
    def family(self) -> str:
        """It waits like a vendor that is away."""
        return "Unavailable"


def translation(error: BaseException, url: str) -> SaldoError:
    """ConfigError where a person must act, StoreUnavailable where waiting helps. url: the store's."""
    if is_missing_container(error):
        return ConfigError(
            f"the store of exports {url} is not there: its container does not exist. Make it, or correct "
            f"SALDO_EXPORTS_URL ({_GUIDE})"
        )
    if is_refusal(error) or _is_read_only(error):
        return ConfigError(
            f"the store of exports {url} refuses what Saldo shows it ({said(error)}). Check the connection's key "
            f"and its date, and that it may write there ({_GUIDE})"
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreUnavailable(
            f"the store of exports {url} has no room ({said(error)}). Make room, and try again"
        )
    return StoreUnavailable(
        f"the store of exports {url} cannot be used ({said(error)}). Try again; if it stays so, check "
        f"SALDO_EXPORTS_URL and its connection ({_GUIDE})"
    )


def _is_read_only(error: BaseException) -> bool:
    return isinstance(error, OSError) and error.errno in (errno.EROFS, errno.ENOTDIR, errno.EEXIST)


def nothing_made(error: SaldoError) -> SaldoError:
    """The same, of a file that was to be stored."""
    error.args = (f"{error}. No file was made, and nothing counts as exported",)
    return error
