"""How many requests a hundred claims take: they are paid for one by one."""

from __future__ import annotations

from tests.exports.accounting.examples import line
from tests.exports.accounting.targets.xledger.support import books, content
from tests.support import Sandbox


def test_a_hundred_claims_of_five_lines(sandbox: Sandbox) -> None:
    havn = books(sandbox, "xlmany")
    claims = [havn.dispatch(n, lines=[line(at) for at in range(1, 6)]) for n in range(1, 101)]
    target = havn.target()
    asked: dict[str, int] = {}
    before = 0

    def counted(what: str) -> None:
        nonlocal before
        now = target._client.usage.requests
        asked[what], before = now - before, now

    assert target.check([one.document for one in claims]) == {}
    counted("check")
    assert {one.where for one in target.look_up(claims).values()} == {"nowhere"}
    counted("look up before")
    for group in target.groups(claims):
        assert {one.what for one in target.send(group, content, havn.calls).values()} == {"done"}
    counted("send")
    assert {one.where for one in target.post(claims, {}, havn.calls).values()} == {"waiting"}
    counted("look up staged")
    havn.do("run_import")
    assert {one.where for one in target.post(claims, {}, havn.calls).values()} == {"posted"}
    counted("look up posted")
    assert asked == {
        "check": 5, "look up before": 3, "send": 2, "look up staged": 4, "look up posted": 3,
    }  # fmt: skip
