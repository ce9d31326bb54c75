"""The played ledger is true double-entry bookkeeping, whatever the company, the size and the day."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.books.chart import BALANCE_ACCOUNTS, CHART, EQUITY
from sandbox.books.company import COMPANIES, HISTORY_ENDS, Company
from sandbox.books.ledger import Ledger, Line

SMALL = {
    company.id: replace(company, entries=2_000, deletions=False, renumbers=False)
    for company in COMPANIES
}
#: Working days passed: none, some, over New Year with its opening entries, and over the next July.
DAYS = (0, 1, 3, 45, 110, 230)
OPENING = (7, 8)

every_company = pytest.mark.parametrize("company", SMALL.values(), ids=SMALL)
every_day = pytest.mark.parametrize("day", DAYS)


@cache
def ledger(company: Company, day: int) -> Ledger:
    return Ledger(company, day=day)


@cache
def lines(company: Company, day: int) -> tuple[Line, ...]:
    return tuple(ledger(company, day).lines())


def year_start(company: Company, day: date) -> date:
    """The first day of the accounting year a date is in."""
    return ledger(company, 0).year_of(day).start


# --- double entry --------------------------------------------------------------------------------


@every_company
@every_day
def test_every_voucher_sums_to_zero(company: Company, day: int) -> None:
    totals: Counter[tuple[date, int]] = Counter()
    for line in lines(company, day):
        totals[year_start(company, line.date), line.voucher] += line.base
    assert len(totals) > 500
    assert {voucher: total for voucher, total in totals.items() if total} == {}


@every_company
@every_day
def test_no_two_vouchers_share_a_number_in_a_year(company: Company, day: int) -> None:
    vouchers: defaultdict[tuple[date, int], list[Line]] = defaultdict(list)
    for line in lines(company, day):
        vouchers[year_start(company, line.date), line.voucher].append(line)
    for found in vouchers.values():
        first, last = found[0], found[-1]
        assert last.number - first.number == len(found) - 1 <= 7
        assert len({(line.date, line.type) for line in found}) == 1


def test_voucher_numbers_start_again_every_year() -> None:
    lowest: dict[int, int] = {}
    for line in lines(SMALL["nordlys"], 0):
        if line.type not in OPENING:
            year = line.date.year
            lowest[year] = min(line.voucher, lowest.get(year, line.voucher))
    assert set(lowest) == {2024, 2025, 2026}
    # Eight vouchers are booked at a time; the very first of a year may be dated back into the last.
    assert max(lowest[2025], lowest[2026]) <= 8


@every_company
@every_day
def test_the_whole_ledger_sums_to_zero(company: Company, day: int) -> None:
    assert sum(line.base for line in lines(company, day)) == 0


@every_company
def test_entries_are_on_accounts_that_can_hold_them(company: Company) -> None:
    usable = {a.number for a in CHART if a.type in ("profitAndLoss", "status")}
    assert {line.account for line in lines(company, 230)} <= usable


@every_company
def test_home_currency_needs_no_rate(company: Company) -> None:
    found = lines(company, 3)
    assert all(x.amount == x.base for x in found if x.currency == company.base_currency)
    foreign = {line.currency for line in found} - {company.base_currency}
    assert foreign == set(company.currencies)
    assert all(x.amount != x.base for x in found if x.currency in foreign and x.amount)


# --- the same every time -------------------------------------------------------------------------


@every_company
def test_the_same_seed_is_the_same_ledger(company: Company) -> None:
    assert list(Ledger(replace(company), day=3).lines()) == list(lines(company, 3))


@every_company
def test_another_seed_is_another_ledger(company: Company) -> None:
    other = list(Ledger(replace(company, seed=company.seed + 1), day=3).lines())
    ours = lines(company, 3)
    same = sum(a.amount == b.amount for a, b in zip(ours, other, strict=False))
    assert same < len(ours) / 2


@every_company
def test_about_as_many_entries_as_asked_for(company: Company) -> None:
    assert 1_800 <= len(lines(company, 0)) <= 2_000


@every_company
def test_a_day_posts_entries_of_that_day(company: Company) -> None:
    before, after = lines(company, 0), lines(company, 1)
    new = after[len(before) :]
    assert len(new) >= 20
    assert max(line.date for line in before) <= HISTORY_ENDS
    monday = HISTORY_ENDS + timedelta(days=3)
    assert {line.date for line in new if line.date > HISTORY_ENDS} == {monday}
    assert ledger(company, 1).today == monday


# --- counting and paging -------------------------------------------------------------------------


@every_company
@every_day
def test_count_is_the_number_of_lines(company: Company, day: int) -> None:
    assert ledger(company, day).count() == len(lines(company, day))


@given(
    company=st.sampled_from(list(SMALL.values())),
    after=st.integers(-3, 2_600),
    upto=st.none() | st.integers(-3, 2_600),
)
def test_any_range_is_that_part_of_the_lines(
    company: Company, after: int, upto: int | None
) -> None:
    wanted = [
        x for x in lines(company, 3) if x.number > after and (upto is None or x.number <= upto)
    ]
    found = ledger(company, 3)
    assert list(found.lines(after=after, upto=upto)) == wanted
    assert found.count(after=after, upto=upto) == len(wanted)


@every_company
def test_past_the_end_there_is_nothing(company: Company) -> None:
    found = ledger(company, 3)
    last = lines(company, 3)[-1].number
    assert found.last_number == last
    for after in (last, last + 1, last + 1_000_000):
        assert list(found.lines(after=after)) == []
        assert found.count(after=after) == 0
    assert found.count(upto=last + 1_000_000) == len(lines(company, 3))


@every_company
@every_day
def test_entry_numbers_grow_and_have_holes(company: Company, day: int) -> None:
    numbers = [line.number for line in lines(company, day)]
    assert all(a < b for a, b in pairwise(numbers))
    assert numbers[0] > 0
    assert len(numbers) < numbers[-1]
    assert len(numbers) > numbers[-1] * 0.9


# --- open items ----------------------------------------------------------------------------------


@every_company
@every_day
def test_open_lines_are_the_lines_with_a_remainder(company: Company, day: int) -> None:
    wanted = [line for line in lines(company, day) if line.remainder]
    assert list(ledger(company, day).open_lines()) == wanted
    assert 20 < len(wanted) < len(lines(company, day)) / 10


@every_company
@every_day
@pytest.mark.parametrize("has_gone", [False, True])
def test_lines_of_a_party_are_those_of_the_slot(company: Company, day: int, has_gone: bool) -> None:
    """They are made without the others of their slot."""
    found = ledger(replace(company, deletions=has_gone, renumbers=has_gone), day)
    for slot in range(found.slots):
        lines = found.slot(slot)
        assert found.customer_slot(slot) == [one for one in lines if one.customer is not None]
        assert found.supplier_slot(slot) == [one for one in lines if one.supplier is not None]


@every_company
@every_day
def test_a_remainder_is_the_invoice_less_what_was_paid(company: Company, day: int) -> None:
    unpaid: Counter[tuple[object, ...]] = Counter()
    for line in lines(company, day):
        if line.invoice is not None and line.remainder is not None:
            party = (line.customer, line.supplier, line.invoice, line.currency)
            unpaid[party] += line.amount - line.remainder
    assert len(unpaid) > 100
    assert {party: difference for party, difference in unpaid.items() if difference} == {}


@every_company
def test_entries_do_not_change_from_day_to_day_but_for_what_is_open(company: Company) -> None:
    settled = 0
    for earlier, later in pairwise(DAYS):
        before, after = lines(company, earlier), lines(company, later)
        assert len(after) > len(before)
        for old, new in zip(before, after, strict=False):
            assert old._replace(remainder=None) == new._replace(remainder=None)
            if old.remainder != new.remainder:
                assert old.remainder is not None
                assert new.remainder is not None
                assert abs(new.remainder) < abs(old.remainder)
                settled += 1
    assert settled > 50


# --- opening entries -----------------------------------------------------------------------------


def openings(company: Company, day: int) -> dict[date, list[Line]]:
    """Opening entries by the day they are dated on."""
    found: defaultdict[date, list[Line]] = defaultdict(list)
    for line in lines(company, day):
        if line.type in OPENING:
            found[line.date].append(line)
    return found


@every_company
@every_day
def test_opening_entries_sum_to_zero_on_the_first_day_of_a_year(company: Company, day: int) -> None:
    found = openings(company, day)
    assert len(found) >= 2
    for start, opening in found.items():
        assert start == year_start(company, start)
        assert sum(line.base for line in opening) == 0
        assert sorted(line.account for line in opening) == sorted((*BALANCE_ACCOUNTS, EQUITY))
    first, *later = sorted(found)
    assert {line.type for line in found[first]} == {7}
    assert {line.type for start in later for line in found[start]} == {8}


@every_company
@pytest.mark.parametrize("day", [0, 110, 230])
def test_opening_entries_restate_the_balances_known_when_they_were_booked(
    company: Company, day: int
) -> None:
    found = openings(company, day)
    first, *later = sorted(found)
    assert later
    for start in later:
        booked_at = found[start][0].number
        balances = Counter({line.account: line.base for line in found[first]})
        for line in lines(company, day):
            if line.number < booked_at and line.date < start and line.type not in OPENING:
                balances[line.account] += line.base
        for line in found[start]:
            if line.account != EQUITY:  # equity also takes the year's result
                assert line.base == balances[line.account], (start, line.account)


def test_a_new_year_is_opened_when_it_is_some_weeks_old() -> None:
    company = SMALL["nordlys"]
    assert date(2027, 1, 1) not in openings(company, 45)
    assert date(2027, 1, 1) in openings(company, 110)


# --- dates ---------------------------------------------------------------------------------------


@every_company
def test_some_vouchers_are_back_dated_also_over_the_end_of_a_year(company: Company) -> None:
    late, into_last_year, newest = 0, 0, date.min
    for line in lines(company, 110):
        if line.type in OPENING:
            continue
        if line.date < newest:
            late += 1
            assert newest - line.date <= timedelta(days=50)
            into_last_year += year_start(company, line.date) < year_start(company, newest)
        newest = max(newest, line.date)
    assert late > 10
    assert into_last_year > 0


@every_company
def test_no_entry_is_dated_before_the_books_begin_or_after_today(company: Company) -> None:
    found = lines(company, 45)
    assert min(line.date for line in found) == date(
        company.first_year, company.year_starts_in, company.founded_on or company.year_starts_on
    )
    assert max(line.date for line in found) == ledger(company, 45).today
