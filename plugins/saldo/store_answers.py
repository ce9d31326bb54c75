"""What stores of files and their libraries say when something is wrong: what it means, and in words without a secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

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


def is_missing_container(error: BaseException) -> bool:
    """Whether it says so itself, or what it was raised from does."""
    return any(name in f"{_code_of(one)} {one}" for one in _chain(error) for name in _MISSING)


def is_refusal(error: BaseException) -> bool:
    """Whether a person must act: keys, rights, dates, what a store holds fast. Waiting does not help."""
    for one in _chain(error):
        if status := _status_of(one):
            is_kept = "Immutable" in (_code_of(one) or "")
            return is_kept or (400 <= status < 500 and status not in _PASSING)
    names = (kind.__name__ for one in _chain(error) for kind in type(one).__mro__)
    return any(word in name for name in names for word in _OF_CREDENTIALS)


def said(error: BaseException) -> str:
    """What a store answered (status and code), or how a library puts it: one line, without addresses' queries,
    keys or signatures."""
    for one in _chain(error):
        if (status := _status_of(one)) and (code := _code_of(one)):
            return f"{status} {code}"
    line = " ".join(f"{type(error).__name__}: {error}".split())
    return _SECRET.sub("…", _ASIDE.sub("", line))[:_LONGEST]


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
