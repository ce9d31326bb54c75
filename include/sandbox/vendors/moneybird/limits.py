"""The limits of a token: so many requests in a window that begins with the first of them, and fewer for reports."""

from __future__ import annotations

import time
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from starlette.requests import Request
from starlette.responses import Response

from sandbox.state import State, state_of
from sandbox.vendor import Handler

from . import errors
from .access import Options, company_at, credential_of, options_of, path_of, token_of
from .oauth import company_of_access

#: Tokens of empty administrations are anybody's.
_PATIENT = Options(moneybird_limit=100_000, moneybird_report_limit=100_000)


@dataclass
class Usage:
    """What a token has asked in its window; others: of it, what somebody else asked with the same token; total: since
    the beginning, throttled ones too. limit and window_s: what was set by hand."""

    began: float = 0.0
    used: int = 0
    reports: int = 0
    others: int = 0
    total: int = 0
    throttled: int = 0
    limit: int | None = None
    window_s: int | None = None

    def roll(self, window_s: int) -> None:
        """Begin anew when the window is over."""
        if time.time() >= self.began + window_s:
            self.began, self.used, self.reports, self.others = time.time(), 0, 0, 0


_usages: WeakKeyDictionary[State, dict[str, Usage]] = WeakKeyDictionary()


def usage_of(state: State, token: str) -> Usage:
    """Access tokens of OAuth2 share the window of their company's token."""
    company = company_of_access(state, token)
    token = token_of(state, company).token if company else token
    return _usages.setdefault(state, {}).setdefault(token, Usage())


def options_of_token(state: State, opens: tuple[str, ...]) -> Options:
    """Those of the first company a token opens."""
    company = next((c for one in opens if (c := company_at(state, one))), None)
    return options_of(state, company) if company else _PATIENT


async def gate(request: Request, answer: Handler) -> Response:
    """Only a token that is known has limits."""
    credential = credential_of(request)
    if credential is None:
        return await answer(request)
    state = state_of(request)
    options = options_of_token(state, credential.opens)
    usage = usage_of(state, credential.token)
    limit, window_s = (
        usage.limit or options.moneybird_limit,
        usage.window_s or options.moneybird_window_s,
    )
    usage.roll(window_s)
    usage.total += 1
    is_report = path_of(request)[1].startswith("reports/")
    if is_report and usage.reports >= options.moneybird_report_limit:
        usage.throttled += 1
        return errors.too_many(_end(usage, window_s), options.moneybird_report_limit)
    if usage.used >= limit:
        usage.throttled += 1
        return errors.too_many(_end(usage, window_s), limit)
    usage.used += 1
    usage.reports += is_report
    return await answer(request)


def _end(usage: Usage, window_s: int) -> int:
    """The epoch second at which the window is over, rounded up."""
    return int(usage.began + window_s) + 1


def used_by_others(state: State, company: str, requests: int) -> None:
    """Somebody else asks so many times with a company's token."""
    options, usage = options_of(state, company), usage_of(state, token_of(state, company).token)
    usage.roll(usage.window_s or options.moneybird_window_s)
    usage.used += requests
    usage.others += requests
