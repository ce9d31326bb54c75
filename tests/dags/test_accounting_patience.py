"""A call to an accounting system gives up before anybody takes it for lost."""

from __future__ import annotations

import pytest

from saldo.declarations.source import Usage
from saldo.errors import RateLimited
from saldo.exports.accounting.sections import Limits
from saldo.hooks.accounting import patience
from saldo.transport.retry_policy import retrying


@pytest.mark.parametrize("minutes", [1, 10, 60])
def test_a_call_is_over_before_it_is_taken_for_lost(minutes: int) -> None:
    policy, waits = patience(Limits(settle_minutes=minutes)), list[float]()

    def busy() -> None:
        raise RateLimited("wait", retry_after_s=policy.max_wait_s)

    with pytest.raises(RateLimited):
        retrying(policy, Usage(), waits.append)(busy)
    assert len(waits) == policy.max_tries - 1
    assert sum(waits) < minutes * 60 / 2
