"""What stores and their libraries say, as sentences of Saldo without a secret in them."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from typing import Any

from saldo.errors import ConfigError, SaldoError

#: How stores name a container or a bucket that does not exist.
_MISSING = "ContainerNotFound", "NoSuchBucket", "FilesystemNotFound"
#: Answers of 4xx that pass by themselves, or are about one file; all others wait for a person.
_PASSING = (404, 408, 409, 412, 429)
#: Parts of the names that errors of credentials have in the libraries of Azure and AWS, whatever status they carry.
_OF_CREDENTIALS = "Authentication", "Credential", "Signing", "Permission"
#: What follows a question mark in an address, and what follows the name of a secret.
_SECRET = re.compile(
    r"(?i)(?<=\?)[^\s'\"]+|\b(sig|\w*key|\w*secret|\w*token|password|sharedaccesssignature)=[^\s;&'\"]+"
)
#: What azure-identity adds: the answer again, and ways to a token that nobody has set up.
_ASIDE = re.compile(r" ErrorCode:None.*| Attempted credentials:.*(?= ManagedIdentityCredential:)")
_LONGEST = 200


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
    if _is_refusal(error):
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


def is_missing_container(error: BaseException) -> bool:
    """Whether it says so itself, or what it was raised from does."""
    return any(name in f"{_code_of(one)} {one}" for one in _chain(error) for name in _MISSING)


def said(error: BaseException) -> str:
    """What a store answered (status and code), or how a library puts it: one line, without addresses' queries,
    keys or signatures."""
    for one in _chain(error):
        if (status := _status_of(one)) and (code := _code_of(one)):
            return f"{status} {code}"
    line = " ".join(f"{type(error).__name__}: {error}".split())
    return _SECRET.sub("…", _ASIDE.sub("", line))[:_LONGEST]


def _is_refusal(error: BaseException) -> bool:
    for one in _chain(error):
        if status := _status_of(one):
            is_kept = "Immutable" in (_code_of(one) or "")
            return is_kept or (400 <= status < 500 and status not in _PASSING)
    names = (kind.__name__ for one in _chain(error) for kind in type(one).__mro__)
    return any(word in name for name in names for word in _OF_CREDENTIALS)


def _status_of(error: BaseException) -> int | None:
    """Of HTTP: azure-core has it as an attribute, botocore in its answer."""
    found = getattr(error, "status_code", None) or _answer_of(error).get(
        "ResponseMetadata", {}
    ).get("HTTPStatusCode")
    return found if isinstance(found, int) else None


def _code_of(error: BaseException) -> str | None:
    """AuthenticationFailed, NoSuchBucket and the like."""
    found = getattr(error, "error_code", None) or _answer_of(error).get("Error", {}).get("Code")
    return str(getattr(found, "value", found)) if found else None


def _answer_of(error: BaseException) -> dict[str, Any]:
    found = getattr(error, "response", None)
    return found if isinstance(found, dict) else {}


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it was raised from."""
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        yield error
        error = error.__cause__ or error.__context__
