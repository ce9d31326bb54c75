"""From an organisation's file to the target that its connection opens."""

from __future__ import annotations

from dataclasses import dataclass

from saldo.declarations.source import LimitedClient, PacedSource, RenewingSource, Usage
from saldo.exports.accounting.configuration import AccountingExport
from saldo.exports.accounting.sections import Limits
from saldo.exports.accounting.targets import kind_of
from saldo.exports.accounting.targets.target import Target
from saldo.runs.pace import SharedPace
from saldo.transport import Policy
from saldo.transport.limiter import BurstLimiter, WindowLimiter

from .vendors import HOOKS

_MINUTE_S = 60.0


@dataclass
class Spending:
    """What a client has spent (saldo.declarations.source.RequestBudget): nobody counts an export's calls of a day."""

    usage: Usage
    daily_calls: int | None = None


def open_target(
    configuration: AccountingExport, *, policy: Policy | None = None, dsn: str | None = None
) -> Target:
    """The company that a file names, by its own connection; nothing is asked unless the two call it differently.

    policy: of its requests, where a person waits for the answer. dsn: the warehouse's, through which everything that
    exports for this organisation keeps `limits.requests_a_minute` together; without one, this process does alone.
    Raises ConfigError when the connection is missing, incomplete, of another environment or company than the file, or its
    key may not be used here and now; Unavailable.
    """
    return opened(configuration, policy=policy, dsn=dsn)[0]


def opened(
    configuration: AccountingExport, *, policy: Policy | None = None, dsn: str | None = None
) -> tuple[Target, Spending]:
    """See open_target; and what it spends, for ops.sync_run."""
    organisation = configuration.organisation
    client = HOOKS[configuration.target]().client_by_id(
        configuration.connection,
        organisation,
        needed_by=f"the accounting export of {organisation!r}",
        policy=policy or patience(configuration.limits),
    )
    if dsn and isinstance(client, PacedSource):
        client.share_pace(dsn)
    if dsn and isinstance(client, RenewingSource):
        client.keep_tokens(dsn)
    target = kind_of(configuration).open(client, configuration)
    # After what the target keeps by itself.
    if isinstance(client, LimitedClient):
        client.limit(_limiter(configuration, dsn))
    return target, Spending(client.usage)


def patience(limits: Limits) -> Policy:
    """A call that was begun has ended, tries and waits included, well before `limits.settle_minutes` are over: then another process,
    which may have got the company's lock, takes what is not there for what never will be."""
    return Policy(max_tries=4, max_wait_s=limits.settle_minutes * _MINUTE_S / 8)


def _limiter(configuration: AccountingExport, dsn: str | None) -> WindowLimiter:
    calls = configuration.limits.requests_a_minute
    if dsn is None:
        return BurstLimiter(calls, _MINUTE_S)
    of = f"export {configuration.organisation}"
    return SharedPace(dsn, configuration.target, of, calls, _MINUTE_S)
