"""What changes in old books without a word: after every day they are still true double entry."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date
from functools import cache

import pytest

from sandbox.books.calendar import periods, years
from sandbox.books.changes import FIRST_NEW_NUMBER, renumberings
from sandbox.books.chart import BALANCE_ACCOUNTS, CHART, EQUITY
from sandbox.books.company import COMPANIES, Company
from sandbox.books.ledger import Ledger, Line
from sandbox.books.people import customers

PLAIN = Company(
    id="plain", agreement_number=1, name="Plain ApS", seed=5, entries=2_000, currencies=("EUR",),
    customers=40,
)  # fmt: skip
EVERYTHING = replace(PLAIN, deletions=True, renumbers=True, reopens_on=3)
LONG = replace(EVERYTHING, first_year=2023, year_starts_in=7, first_year_months=18)
SHORT = replace(EVERYTHING, first_year_months=6, bad_payers=2, reopens_on=10)
ALL = {"everything": EVERYTHING, "long": LONG, "short": SHORT, "nordlys": COMPANIES[0]}
RESULT = {a.number for a in CHART if a.type == "profitAndLoss"}

every_company = pytest.mark.parametrize("company", ALL.values(), ids=ALL)


@cache
def ledger(company: Company, day: int) -> Ledger:
    return Ledger(company, day=day)


@cache
def lines(company: Company, day: int) -> dict[int, Line]:
    return {line.number: line for line in ledger(company, day).lines()}


# --- always true ---------------------------------------------------------------------------------


@every_company
@pytest.mark.parametrize("day", [*range(15), 110, 230])
def test_every_voucher_sums_to_zero_after_every_day(company: Company, day: int) -> None:
    books = ledger(company, day)
    totals: Counter[tuple[date, int]] = Counter()
    for line in lines(company, day).values():
        totals[books.year_of(line.date).start, line.voucher] += line.base
    assert {voucher for voucher, total in totals.items() if total} == set()


@every_company
@pytest.mark.parametrize("day", [0, 2, 3, 6, 13, 110])
def test_counts_ranges_and_open_lines_agree_with_the_lines(company: Company, day: int) -> None:
    books, found = ledger(company, day), lines(company, day)
    assert books.count() == len(found)
    assert books.last_number == max(found)
    for after, upto in ((0, 700), (333, 1_234), (1_900, None)):
        wanted = [n for n in found if n > after and (upto is None or n <= upto)]
        assert [x.number for x in books.lines(after=after, upto=upto)] == wanted
        assert books.count(after=after, upto=upto) == len(wanted)
    assert list(books.open_lines()) == [x for x in found.values() if x.remainder]
    assert list(books.lines_backwards()) == list(found.values())[::-1]


@every_company
def test_the_profit_and_loss_lines_of_a_slot_are_found_without_making_them(
    company: Company,
) -> None:
    books = ledger(company, 14)
    for slot in range(books.slots):
        made = [line.number for line in books.slot(slot) if line.account in RESULT]
        assert books.result_numbers(slot) == made


# --- departments ---------------------------------------------------------------------------------


def departments(company: Company, day: int) -> dict[tuple[int, int], int]:
    return {(p.entry, p.dimension): p.key for p in ledger(company, day).dimensions.rows()}


def test_most_profit_and_loss_lines_have_a_department_and_no_balance_line_has() -> None:
    found, placed = lines(PLAIN, 3), ledger(PLAIN, 3).dimensions.rows()
    kinds: Counter[str] = Counter()
    for placing in placed:
        assert found[placing.entry].account in RESULT
        kinds[f"{placing.dimension}{placing.is_distribution}"] += 1
    results = sum(1 for line in found.values() if line.account in RESULT)
    assert 0.65 < (kinds["1False"] + kinds["1True"]) / results < 0.75
    assert 0.02 < kinds["1True"] / kinds["1False"] < 0.09
    assert 0 < kinds["2False"] / results < 0.1


@every_company
@pytest.mark.parametrize("day", range(1, 9))
def test_the_change_log_is_the_difference_between_two_days(company: Company, day: int) -> None:
    before, after = departments(company, day - 1), departments(company, day)
    old = {number for number in lines(company, day) if number in lines(company, day - 1)}
    changed = {
        place: (before.get(place), after.get(place))
        for place in before.keys() | after.keys()
        if place[0] in old and before.get(place) != after.get(place)
    }
    moves = [m for m in ledger(company, day).dimensions.moves if m.day == day]
    assert {(m.entry, m.dimension): (m.before, m.now) for m in moves} == changed
    assert len(moves) == 5
    assert sum(m.now is None for m in moves) == 1
    assert sum(m.before is None and m.dimension == 1 for m in moves) == 1
    stamps = [m.timestamp for m in moves]
    assert stamps == sorted(stamps)
    assert {stamp[:10] for stamp in stamps} == {ledger(company, day).today.isoformat()}


def test_without_the_module_there_are_no_departments() -> None:
    books = Ledger(replace(PLAIN, departments=False), day=4)
    assert list(books.dimensions.rows()) == []
    assert books.dimensions.moves == []


@pytest.mark.parametrize("day", [0, 7, 8])
def test_placings_are_counted_as_they_are_listed(day: int) -> None:
    company = replace(EVERYTHING, entries=60_000, department_moves=200)
    books = ledger(company, day)
    placed = [placing.entry for placing in books.dimensions.rows()]
    assert books.dimensions.count() == len(placed)
    for after, upto in ((0, 11_500), (11_500, 23_000), (5, 60_000), (13_000, None), (90_000, 9)):
        wanted = [n for n in placed if n > after and (upto is None or n <= upto)]
        assert books.dimensions.count(after=after, upto=upto) == len(wanted)


# --- deletions -----------------------------------------------------------------------------------


def test_every_second_day_a_whole_old_voucher_is_gone() -> None:
    company = replace(PLAIN, deletions=True)
    for day in range(1, 13):
        before, after = lines(company, day - 1), lines(company, day)
        gone = [before[number] for number in before if number not in after]
        assert bool(gone) == (day % 2 == 0)
        if gone:
            voucher = {(line.date, line.voucher) for line in gone}
            assert len(voucher) == 1
            assert sum(line.base for line in gone) == 0
            assert not [x for x in after.values() if (x.date, x.voucher) in voucher]
            assert not [p for p in departments(company, day) if p[0] in {x.number for x in gone}]


def test_deleted_vouchers_change_nothing_else() -> None:
    company = replace(PLAIN, deletions=True)
    for day in (2, 9, 60):
        with_all = lines(PLAIN, day)
        assert all(with_all[number] == line for number, line in lines(company, day).items())


def test_deletions_end_when_there_is_nothing_left_to_delete() -> None:
    tiny = Company(id="t", agreement_number=1, name="t", seed=1, entries=100, deletions=True)
    left = [line for line in Ledger(tiny, day=300).lines() if line.number < 35 * 23]
    assert not [line for line in left if line.text.startswith(("Løn", "Husleje"))]


def test_opening_entries_know_what_was_deleted_before_they_were_booked() -> None:
    """The opening of 2027 is booked on day 87: it leaves out what had gone from 2026 by then."""
    company, day = replace(PLAIN, deletions=True), 110
    all_lines, kept = lines(PLAIN, day), lines(company, day)
    opening = {x.account: x for x in kept.values() if x.type == 8 and x.date == date(2027, 1, 1)}
    booked_on = ledger(company, day).day_of(next(iter(opening.values())).number // 23)
    gone_by_then = set(all_lines) - set(lines(company, booked_on))
    assert gone_by_then
    difference: Counter[int] = Counter()
    for number in gone_by_then:
        if all_lines[number].date.year == 2026:
            difference[all_lines[number].account] += all_lines[number].base
    assert difference
    for account in BALANCE_ACCOUNTS:
        undisturbed = all_lines[opening[account].number]
        assert opening[account].base == undisturbed.base - difference[account]


# --- renumbered customers ------------------------------------------------------------------------


def test_every_third_day_a_customer_gets_another_number() -> None:
    company = replace(PLAIN, renumbers=True)
    for day in range(1, 10):
        before = {c.number: c for c in customers(company, day - 1)}
        after = {c.number: c for c in customers(company, day)}
        new = [n for n in after if n not in before and n >= FIRST_NEW_NUMBER and n < 90_000]
        old = [n for n in before if n not in after and n < FIRST_NEW_NUMBER]
        assert len(new) == len(old) == (day % 3 == 0)
        assert list(after) == sorted(after)
        if new:
            stamp = after[new[0]].last_updated
            assert stamp.startswith(ledger(company, day).today.isoformat())
            assert after[new[0]].address == before[old[0]].address


def test_old_entries_show_the_new_number() -> None:
    company, day = replace(PLAIN, renumbers=True), 9
    numbers = {old: change.number for old, change in renumberings(company, day).items()}
    assert len(numbers) == 3
    moved = 0
    for number, line in lines(PLAIN, day).items():
        wanted = line._replace(customer=numbers.get(line.customer or 0, line.customer))
        assert lines(company, day)[number] == wanted
        moved += line.customer in numbers
    assert moved > 3


@pytest.mark.parametrize("day", [0, 3, 9, 40])
def test_entries_name_customers_that_are_listed(day: int) -> None:
    known = {c.number for c in customers(EVERYTHING, day)}
    assert {x.customer for x in lines(EVERYTHING, day).values() if x.customer} <= known


# --- a re-opened year ----------------------------------------------------------------------------


def closed(company: Company, day: int) -> dict[str, bool]:
    return {y.label: y.is_closed for y in years(company, today=ledger(company, day).today)}


def test_the_newest_closed_year_is_open_for_three_days() -> None:
    company = replace(PLAIN, reopens_on=4)
    assert [closed(company, day)["2025"] for day in range(9)] == [
        True, True, True, True, False, False, False, True, True,
    ]  # fmt: skip
    for day, flag in ((3, True), (4, False), (7, True)):
        found = periods(company, today=ledger(company, day).today)
        assert {p.is_closed for p in found if p.year == "2025"} == {flag}
        assert {p.is_closed for p in found if p.year == "2024"} == {True}


def test_re_opening_takes_the_opening_back_and_closing_books_it_anew() -> None:
    company, start = replace(PLAIN, reopens_on=4), date(2026, 1, 1)

    def opening(day: int) -> list[Line]:
        return [x for x in lines(company, day).values() if x.type == 8 and x.date == start]

    original, reversed_, renewed = opening(3), opening(4)[7:], opening(7)[14:]
    assert len(original) == len(reversed_) == len(renewed) == len(BALANCE_ACCOUNTS) + 1
    for old, back in zip(original, reversed_, strict=True):
        assert (old.account, old.base, old.amount) == (back.account, -back.base, -back.amount)
        assert back.number > max(lines(company, 3))
    late = [x for x in lines(company, 4).values() if x.text == "Efterpostering"]
    assert {x.date for x in late} == {date(2025, 12, 31)}
    assert sum(x.base for x in late) == 0
    moved = {x.account: x.base for x in late}
    for old, new in zip(original, renewed, strict=True):
        if old.account != EQUITY:
            assert new.base == old.base + moved.get(old.account, 0)
    assert sum(x.base for x in renewed) == 0


def test_nothing_is_deleted_or_changed_by_a_re_opened_year() -> None:
    company = replace(PLAIN, reopens_on=4)
    for day in range(1, 12):
        after = lines(company, day)
        for number, line in lines(company, day - 1).items():
            assert after[number]._replace(remainder=None) == line._replace(remainder=None)


@every_company
def test_the_following_opening_carries_on_from_the_renewed_one(company: Company) -> None:
    """Balance accounts over all years: each opening is the sum of what the books hold before it."""
    books, day = ledger(company, 230), 230
    starts = [year.start for year in books.years]
    by_year: defaultdict[date, Counter[int]] = defaultdict(Counter)
    opened: defaultdict[date, Counter[int]] = defaultdict(Counter)
    for line in lines(company, day).values():
        target = opened if line.type in (7, 8) else by_year
        target[books.year_of(line.date).start][line.account] += line.base
    gone: defaultdict[date, Counter[int]] = defaultdict(Counter)
    for number, line in lines(replace(company, deletions=False), day).items():
        if number not in lines(company, day):
            gone[books.year_of(line.date).start][line.account] += line.base
    for start, following in itertools.pairwise(starts):
        if following in opened:
            for account in BALANCE_ACCOUNTS:
                closing = opened[start][account] + by_year[start][account]
                # What was deleted after the opening had been booked is still in it.
                assert closing <= opened[following][account] <= closing + gone[start][account] or (
                    closing >= opened[following][account] >= closing + gone[start][account]
                )


def test_a_company_without_a_closed_year_has_nothing_to_re_open() -> None:
    young = replace(PLAIN, first_year=2026, reopens_on=3)
    assert lines(young, 8) == lines(replace(young, reopens_on=None), 8)


# --- the first year, bad payers ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("starts_in", "months", "label", "second"),
    [
        (1, 12, "2023", "2024"),
        (7, 18, "2023/2024", "2025"),
        (1, 18, "2023/2024", "2024/2025"),
        (7, 6, "2023", "2024"),
        (1, 6, "2023", "2023/2024"),
    ],
)
def test_the_first_year_may_be_short_or_long(
    starts_in: int, months: int, label: str, second: str
) -> None:
    company = replace(PLAIN, first_year=2023, year_starts_in=starts_in, first_year_months=months)
    found = years(company, today=date(2026, 10, 30))
    assert [year.label for year in found[:2]] == [label, second]
    assert len({year.label for year in found}) == len(found)
    listed = periods(company, today=date(2026, 10, 30))
    assert [p.number_in_year for p in listed if p.year == label] == list(range(1, months + 1))
    assert [p.number for p in listed] == list(range(1, len(listed) + 1))
    assert all(
        a.end < b.start and (b.start - a.end).days == 1 for a, b in itertools.pairwise(listed)
    )


def test_years_may_begin_inside_a_month() -> None:
    company = replace(
        PLAIN,
        first_year=2023,
        year_starts_in=6,
        year_starts_on=16,
        founded_on=20,
        first_year_months=7,
    )
    found = years(company, today=date(2026, 10, 30))
    assert [(year.start, year.end) for year in found[:2]] == [
        (date(2023, 6, 20), date(2024, 1, 15)),
        (date(2024, 1, 16), date(2025, 1, 15)),
    ]
    listed = periods(company, today=date(2026, 10, 30))
    assert (listed[0].start, listed[0].end) == (date(2023, 6, 20), date(2023, 6, 30))
    assert [(p.start.day, p.end.day) for p in listed if p.start.month == p.end.month == 1][:2] == [
        (1, 15),
        (16, 31),
    ]
    assert all((b.start - a.end).days == 1 for a, b in itertools.pairwise(listed))
    assert min(line.date for line in lines(company, 0).values()) == date(2023, 6, 20)


@pytest.mark.parametrize("value", [{"first_year_months": 5}, {"first_year_months": 19},
                                   {"bad_payers": 0}, {"reopens_on": 0},
                                   {"year_starts_on": 29}, {"founded_on": 0}])  # fmt: skip
def test_a_company_that_cannot_be_is_refused(value: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(value))):
        replace(PLAIN, **value)  # type: ignore[arg-type]


def test_bad_payers_leave_items_open() -> None:
    def open_items(bad_payers: int) -> int:
        return sum(1 for _ in Ledger(replace(PLAIN, bad_payers=bad_payers), day=0).open_lines())

    assert open_items(1_000_000) < open_items(61) < open_items(5) < open_items(1)
