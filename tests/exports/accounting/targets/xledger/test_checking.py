"""What Xledger's registers say against documents, all of it before anything is sent."""

from __future__ import annotations

import pytest

from saldo.transport import Policy
from tests.exports.accounting.examples import line, mileage
from tests.exports.accounting.targets.xledger.support import MAPPING, Books, books
from tests.support import Sandbox


@pytest.fixture(scope="module")
def havn(sandbox: Sandbox) -> Books:
    accounts = MAPPING["accounts"] | {"ghost": "2999", "heading": "2200"}
    vat = MAPPING["vat"] | {"15": {"rate": 15, "country": "NO", "code": "15"}}
    return books(sandbox, "xlcheck", mapping={"accounts": accounts, "vat": vat})


def said(havn: Books, *dispatches: object) -> list[str]:
    found = havn.target().check([one.document for one in dispatches])  # type: ignore[attr-defined]
    return [str(problem) for problems in found.values() for problem in problems]


def test_nothing_is_wrong(havn: Books) -> None:
    assert (
        said(
            havn,
            havn.dispatch(1, lines=[line(dimensions={"department": "10", "project": "P1000"})]),
        )
        == []
    )
    assert havn.target().check([]) == {}


def test_everything_at_once(havn: Books) -> None:
    one = havn.dispatch(
        1, employee="E404",
        lines=[
            line(category="ghost"), line(2, category="heading"),
            line(3, vat_code="15", amount="115", vat_amount="15", dimensions={"department": "99"}),
            mileage(4, dimensions={"project": "P404"}),
        ],
    )  # fmt: skip
    found = said(havn, one, havn.dispatch(2))
    assert [line.partition("; expected")[0] for line in found] == [
        "lines[0].account: '2999'",
        "lines[1].account: '2200', which is closed for posting",
        "lines[2].taxRule: '15'",
        "lines[2].glObject1: '99'",
        "lines[3].project: 'P404'",
        "employee: 'E404'",
    ]
    assert all("fjell.yaml" in line for line in found)


def test_a_supplier_is_no_employee(havn: Books) -> None:
    """Code 1 is that of an employee and of a supplier: Xledger would not know which."""
    [problem] = said(havn, havn.dispatch(1, employee="1"))
    assert "which 2 suppliers, employees or customers of Xledger are called" in problem
    [problem] = said(havn, havn.dispatch(2, employee="4"))
    assert "the code of a employee" not in problem
    assert problem.startswith("employee: '4'")


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2026-02-10", "in the period 2026-02, which is closed"),
        ("2031-02-10", "expected: a day in a period of Xledger"),
    ],
)
def test_the_period(havn: Books, day: str, words: str) -> None:
    lines = [line(date=day, dimensions={})]
    [problem] = said(havn, havn.dispatch(1, date=day, lines=lines))
    assert problem.startswith("posting_date: ")
    assert words in problem


def test_what_has_ended_or_is_closed(sandbox: Sandbox) -> None:
    havn = books(sandbox, "xlended")
    claim = havn.dispatch(1, lines=[line(dimensions={"department": "10", "project": "P1000"})])
    havn.do("change", root="projects", code="P1000", allowPosting=False)
    havn.do("change", root="objectValues", code="1", dateTo="2026-09-30")
    havn.do("change", root="employees", code="0011", dateTo="2026-09-30")
    havn.do("change", root="employees", code="0012", employmentTo="2026-09-30")
    havn.do("close_period", period="2026-10")
    assert [line.partition("; expected")[0] for line in said(havn, claim)] == [
        "lines[0].project: 'P1000', which is closed for posting",
        "lines[0].glObject1: '1', which does not hold on 2026-10-15",
        "employee: '0011', who has ended by 2026-10-15",
        "posting_date: 2026-10-15, in the period 2026-10, which is closed",
    ]
    havn.do("open_period", period="2026-10")
    assert said(havn, havn.dispatch(2, employee="0012", lines=[mileage(dimensions={})])) == []


def test_few_requests_and_each_value_once(havn: Books) -> None:
    target = havn.target(policy=Policy())
    claims = [havn.dispatch(n).document for n in range(1, 101)]
    assert target.check(claims) == {}
    asked = target._client.usage.requests
    assert asked <= 5  # whose it is, what it reaches, filters, registers, periods
    assert target.check(claims) == {}
    assert target._client.usage.requests == asked
