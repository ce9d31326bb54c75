"""The company that is written to, and its journal batch: found once; and each call on its way into the register."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, TypeVar

import msgspec

from saldo.errors import BODY_EXCERPT, ConfigError, OutcomeUnknown, SaldoError, VendorError
from saldo.vendors.business_central.batches import Answer, Inside, body_of, first_refusal
from saldo.vendors.business_central.client import BusinessCentralClient, BusinessCentralCompany
from saldo.vendors.business_central.odata import Query, Row, is_any
from saldo.vendors.business_central.refusals import BusinessCentralRefusal

from ..target import Calls, What
from .configuration import BusinessCentralExport

T = TypeVar("T")
_SHOWN = 5


class Company:
    """What a target's parts share. takes_inner_dimensions: whether a line may be made with its dimensions inside; they are sent
    apart once it was refused."""

    def __init__(self, client: BusinessCentralClient, configuration: BusinessCentralExport) -> None:
        """Raises ConfigError where the connection is to another environment than the file's."""
        self.client, self.configuration = client, configuration
        self.takes_inner_dimensions = True
        self._journals: dict[str, str] = {}
        if client.environment.casefold() != configuration.environment.casefold():
            raise ConfigError(
                f"{configuration.organisation}.yaml books in the environment {configuration.environment}, and the Airflow "
                f"connection {configuration.connection!r} is to {client.environment}: correct one of them"
            )
        client.keep_below(configuration.limits.requests_a_minute)

    @cached_property
    def id(self) -> str:
        """Raises ConfigError, which names the companies there are."""
        companies = self.client.companies()
        found = [one for one in companies if one.is_called(self.configuration.company)]
        if len(found) == 1:
            return found[0].id.lower()
        what = "several companies are" if found else "no company is"
        raise ConfigError(
            f"{self.configuration.organisation}.yaml: {what} called {self.configuration.company!r} in the environment "
            f"{self.client.environment}, which has {_names(companies)}. A company that was renamed keeps its id: write "
            "its new name, or its id, as `company`"
        )

    @property
    def name(self) -> str:
        """By ids, which a renaming does not change. The tenant as the connection writes it."""
        where = f"{self.client.tenant}/{self.client.environment}".casefold()
        return f"business_central {where} {self.id}"

    def journal(self, code: str) -> str:
        """Path of a journal batch. Raises ConfigError where there is none."""
        found = self.journal_id(code)
        if found is None:
            raise ConfigError(self.no_journal(code))
        return f"journals({found})"

    def journal_id(self, code: str) -> str | None:
        """Asked once for each that is there."""
        if code not in self._journals:
            rows = self.read([Query("journals", is_any("code", [code])[0], "id,code")])[0]
            if not rows:
                return None
            self._journals[code] = str(rows[0]["id"])
        return self._journals[code]

    def no_journal(self, code: str) -> str:
        return (
            f"{self.configuration.organisation}.yaml names the journal batch {code} (batch.journal), which the company does "
            f"not have: create the batch {code} under General Journals of Business Central, without a posting number "
            "series, or correct the file"
        )

    # --- calls -----------------------------------------------------------------------------------

    def read(
        self, queries: Sequence[Query], *, keys: Sequence[str] = (), calls: Calls | None = None
    ) -> list[list[Row]]:
        """The records of each list. Raises as BusinessCentralClient.read does."""
        if not queries:
            return []
        if calls is None:
            return self.client.read(self.id, queries)

        def told(found: list[list[Row]]) -> tuple[What, int, str]:
            return "done", 200, f"{sum(map(len, found))} records"

        return self._written(
            calls, keys, "GET", self._path(""), [query.url for query in queries],
            lambda: self.client.read(self.id, queries), told,
        )  # fmt: skip

    def batch(
        self, requests: Sequence[Inside], *, is_atomic: bool, keys: Sequence[str], calls: Calls
    ) -> list[Answer]:
        """Writes in one request. Raises as BusinessCentralClient.batch does."""

        def told(answers: list[Answer]) -> tuple[What, int, str]:
            refused = first_refusal(answers)
            return ("refused", 200, str(refused[1])) if refused else ("done", 200, "all were done")

        return self._written(
            calls, keys, "POST", self._path("$batch"), body_of(requests),
            lambda: self.client.batch(self.id, requests, is_atomic=is_atomic, key=", ".join(keys)), told,
        )  # fmt: skip

    def post(self, path: str, *, keys: Sequence[str], calls: Calls) -> None:
        """Book it. Raises as BusinessCentralClient.write does."""
        action = f"{path}/Microsoft.NAV.post"
        self._written(
            calls, keys, "POST", self._path(action), None,
            lambda: self.client.write("POST", self.id, action, key=", ".join(keys)),
            lambda answer: ("done", 204, ""),
        )  # fmt: skip

    def upload(
        self, path: str, content: bytes, *, etag: str, keys: Sequence[str], calls: Calls
    ) -> None:
        """The bytes of a file. Raises as BusinessCentralClient.upload does."""
        self._written(
            calls, keys, "PATCH", self._path(path), {"bytes": len(content)},
            lambda: self.client.upload(self.id, path, content, etag=etag, key=", ".join(keys)),
            lambda answer: ("done", 204, ""),
        )  # fmt: skip

    def _path(self, path: str) -> str:
        return f"{self.client.environment}/companies({self.id})/{path}".rstrip("/")

    def _written(
        self, calls: Calls, keys: Sequence[str], method: str, path: str, body: Any,
        act: Callable[[], T], told: Callable[[T], tuple[What, int, str]],
    ) -> T:  # fmt: skip
        """Written down before it is made, and what came of it after."""
        number = calls.begin(keys, method, path, msgspec.to_builtins(body))
        try:
            found = act()
        except SaldoError as error:
            status = error.evidence.status if isinstance(error, VendorError) else None
            calls.end(number, _what(error), status=status, answer=str(error)[:BODY_EXCERPT])
            raise
        outcome, code, answer = told(found)
        calls.end(number, outcome, status=code, answer=answer[:BODY_EXCERPT])
        return found


def _what(error: SaldoError) -> What:
    if isinstance(error, OutcomeUnknown):
        return "unknown"
    return "refused" if isinstance(error, BusinessCentralRefusal) else "failed"


def _names(companies: Sequence[BusinessCentralCompany]) -> str:
    names = ", ".join(one.display_name or one.name for one in companies[:_SHOWN])
    more = len(companies) - _SHOWN
    return f"{names} and {more} more" if more > 0 else names or "none that the app may see"
