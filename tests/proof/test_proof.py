"""Proof: what differs from the vendor's own totals is found, named with its period, and repaired."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from saldo.errors import NotProven, Unavailable
from saldo.proof.comparison import amount, merged
from saldo.run_request import RunRequest
from saldo.transform.core import to_core
from saldo.vendors import VENDORS
from saldo.vendors.economic.controls import EconomicControls
from saldo.warehouse.connection import Connection, connect
from tests.support import IS_WHOLE_SUITE, Company, Sandbox, assert_true, land, night, proven

NOW = datetime(2026, 11, 1, 3, tzinfo=UTC)
#: What the ledger's controls need; what is sold has tests of its own.
LEDGER = (
    "self", "accounts", "accounting_years", "periods", "departments", "customers", "suppliers",
    "entry_dimensions", "entries",
)  # fmt: skip
SOLD = (*LEDGER, "invoices", "invoice_lines")
_hours = itertools.count(1)


def later() -> datetime:
    """An hour after the last call: what is weekly stays undone."""
    return NOW + timedelta(hours=next(_hours))


@pytest.fixture
def company(dsn: str, sandbox: Sandbox) -> Company:
    found = sandbox.company("proof", entries=900, customers=60, suppliers=20, currencies=["EUR"])
    night(dsn, found, entities=LEDGER)
    return found


@pytest.fixture(scope="module")
def damaged(dsn: str, sandbox: Sandbox) -> Company:
    """One company for all kinds of damage: each is repaired before the next."""
    found = sandbox.company("damaged", entries=2_000, customers=60, suppliers=20)
    night(dsn, found)
    return found


def rows(dsn: str, company: Company, where: str = "true") -> list[tuple[Any, ...]]:
    with connect(dsn) as connection:
        return connection.execute(
            "select control, account_number, period, vendor_value, warehouse_value, difference, ok "
            f"from ops.proof where agreement_id = %s and {where} order by proof_id",
            [company.id],
        ).fetchall()


def one_line(dsn: str, company: Company, condition: str) -> tuple[str, date, str]:
    with connect(dsn) as connection:
        row = connection.execute(
            "select entry_number, date, account_number from mart.fact_journal_entries "
            f"where agreement_id = %s and {condition} order by entry_number::bigint limit 1",
            [company.id],
        ).fetchone()
    assert row
    return row


def windows_of(error: BaseException) -> list[RunRequest]:
    """The window runs an error names."""
    found = re.findall(r"mode=window from=(\S+) to=(\S+)", str(error))
    return [RunRequest("window", (date.fromisoformat(a), date.fromisoformat(b))) for a, b in found]


SHAPES: list[dict[str, Any]] = [
    {"year_starts_in": 7, "first_year": 2023},
    {"first_year_months": 18},
    {"cumulative_totals": True},
    {"cumulative_totals": True, "year_starts_in": 10, "first_year": 2023},
    {"year_starts_in": 10, "first_year": 2023},
    {"departments": False, "currencies": []},
    # Founded in mid-March; years from 16 June; both, and a year that was opened again.
    {"year_starts_in": 3, "founded_on": 15, "first_year_months": 10, "first_year": 2025},
    {"year_starts_in": 6, "year_starts_on": 16, "first_year": 2023},
    {"year_starts_in": 6, "year_starts_on": 16, "cumulative_totals": True, "first_year": 2023},
    {
        "year_starts_in": 10,
        "year_starts_on": 2,
        "founded_on": 28,
        "first_year": 2023,
        "first_year_months": 7,
        "reopens_on": 2,
        "deletions": True,
    },
]


# --- what agrees ---------------------------------------------------------------------------------


def test_books_that_are_right_are_proven(dsn: str, warehouse: Connection, company: Company) -> None:
    proof = proven(dsn, company, now=NOW)
    assert proof.notes == []
    controls = {c.control for c in proof.comparisons}
    assert controls >= {"account_year_totals", "account_period_totals", "entry_count"}
    assert all(ok for *_, ok in rows(dsn, company))
    row = warehouse.execute(
        "select last_proven is not null, difference from mart.sync_status where agreement_id = %s",
        [company.id],
    ).fetchone()
    assert row == (True, 0)


@pytest.mark.parametrize("shape", SHAPES if IS_WHOLE_SUITE else SHAPES[::3])
def test_every_shape_of_books_is_proven(dsn: str, sandbox: Sandbox, shape: dict[str, Any]) -> None:
    company = sandbox.company("shape", **{"entries": 900, "currencies": ["EUR"], **shape})
    night(dsn, company, entities=LEDGER)
    proven(dsn, company, now=NOW)
    for days in (1, 3, 40):
        company.next_day(days=days)
        night(dsn, company, entities=LEDGER)
        proven(dsn, company, now=NOW + timedelta(days=days))


def set_aside(dsn: str, company: Company, entity: str, table: str, key: str, field: str) -> str:
    """One record that core never could hold, as the vendor's next answer would have it. Returns its key."""
    fact = (company.id, company.id)
    with connect(dsn) as connection:
        [(found,)] = connection.execute(
            f"update core.{table} set is_deleted = true, change_seq = nextval('core.change_seq') where agreement_id = %s "
            f"and {key} = (select max({key}) from core.{table} where agreement_id = %s and not is_deleted) "
            f"returning {key}".encode(),
            fact,
        ).fetchall()
        connection.execute(
            f"update staging.economic_{entity} set payload = jsonb_set(payload, %s, '1e30') where agreement_id = %s "
            "and source_key = %s".encode(),
            [[field], company.id, str(found)],
        )
        economic = VENDORS["economic"]
        to_core(connection, economic.name, economic.entity(entity), company.id, everything=True)
    return str(found)


@pytest.mark.parametrize(
    ("entity", "table", "key", "field"),
    [
        ("entries", "ledger_entry", "entry_number", "amountInBaseCurrency"),
        ("invoices", "invoice", "invoice_number", "netAmountInBaseCurrency"),
    ],
)
def test_what_is_set_aside_is_never_proven_and_no_run_is_named_that_cannot_help(
    dsn: str, sandbox: Sandbox, entity: str, table: str, key: str, field: str
) -> None:
    """Whatever else agrees: it is in no fact. To read it again brings what cannot be stored again."""
    company = sandbox.company("aside", entries=600)
    night(dsn, company, entities=SOLD)
    found = set_aside(dsn, company, entity, table, key, field)
    night(dsn, company, entities=["self"])
    with connect(dsn) as connection:
        with pytest.raises(NotProven) as raised:
            proven(dsn, company, now=NOW)
        said = str(raised.value)
        assert re.search(rf"1 of {entity} set aside: {found}: {field} '1e?.*' is too large", said)
        assert (
            f"Repair: correct at the vendor what is set aside of {entity} (its note names them)"
            in said
        )
        assert "mode=" not in said
        is_told = connection.execute(
            "select count(*) from ops.proof where agreement_id = %s and control = 'set_aside' and not ok",
            [company.id],
        ).fetchone()
        assert is_told == (int(entity == "entries"),)
        # What is done at the vendor helps: the record as the vendor has it lands, and all agrees.
        night(dsn, company, entities=SOLD, run_request=RunRequest("full"))
        assert proven(dsn, company, now=NOW + timedelta(hours=1)).bad == []


def test_an_emptied_value_hides_no_run_that_repairs(dsn: str, company: Company) -> None:
    """A quantity that does not fit its column is nothing that the totals miss."""
    with connect(dsn) as connection:
        connection.execute(
            "insert into ops.set_aside (agreement_id, entity, source_key, field, value, reason, first_seen_at, "
            "change_seq) values (%s, 'mart.fact_journal_entries', '7', 'quantity', '1e30', 'is too large', now(), 0)",
            [company.id],
        )
        assert proven(dsn, company, now=NOW).bad == []
        connection.execute(
            "update mart.fact_journal_entries set amount_base = amount_base + 1 where journal_entry_key = (select "
            "max(journal_entry_key) from mart.fact_journal_entries where agreement_id = %s)",
            [company.id],
        )
        with pytest.raises(NotProven, match=r"Repair: trigger .* mode=window"):
            proven(dsn, company, now=NOW)


def test_thirty_days_with_deletions_and_a_year_opened_again_are_proven(
    dsn: str, sandbox: Sandbox
) -> None:
    company = sandbox.company(
        "thirty", entries=900, deletions=True, renumbers=True, reopens_on=3, currencies=["EUR"]
    )
    for day in range(1, 9):
        night(dsn, company, entities=LEDGER)
        proven(dsn, company, now=NOW + timedelta(days=day))
        company.next_day()
    shown = {period for _, _, period, *_ in rows(dsn, company, "checked_at > '2026-11-04'")}
    assert "2025" in shown  # closed, opened again on day 3


def test_a_quiet_night_asks_little_and_a_week_later_all_is_compared(
    dsn: str, company: Company
) -> None:
    proven(dsn, company, now=NOW)
    with connect(dsn) as connection:
        quiet = proven(dsn, company, now=NOW + timedelta(days=1))
        spent = connection.execute(
            "select requests from ops.sync_run where agreement_id = %s and entity = 'prove' "
            "order by sync_run_id desc limit 1",
            [company.id],
        ).fetchone()
    assert spent is not None
    assert spent[0] <= 8
    assert {c.period for c in quiet.comparisons if c.control == "account_year_totals"} == {"2026"}
    later = proven(dsn, company, now=NOW + timedelta(days=8))
    years = {c.period for c in later.comparisons if c.control == "account_year_totals"}
    assert years == {"2024", "2025", "2026"}


def test_only_periods_that_changed_are_asked_for(dsn: str, company: Company) -> None:
    proven(dsn, company, now=NOW)
    company.next_day()
    night(dsn, company, entities=LEDGER)
    found = proven(dsn, company, now=NOW + timedelta(days=1))
    asked = {c.period for c in found.comparisons if c.control == "account_period_totals"}
    assert asked <= {"2026 P09", "2026 P10", "2026 P11"}
    assert "2026 P11" in asked


# --- what differs --------------------------------------------------------------------------------

DAMAGE = {
    "mart row changed": "update mart.fact_journal_entries set amount_base = amount_base + 0.01 "
    "where agreement_id = %(id)s and entry_number = %(n)s",
    "mart row deleted": "delete from mart.fact_journal_entries "
    "where agreement_id = %(id)s and entry_number = %(n)s",
    "mart row moved": "update mart.fact_journal_entries set date = '2026-07-15', period = 7 "
    "where agreement_id = %(id)s and entry_number = %(n)s",
    "mart row renumbered": "update mart.fact_journal_entries set entry_number = '999999', "
    "amount_base = amount_base * 2 where agreement_id = %(id)s and entry_number = %(n)s",
    "mart row of another account": "update mart.fact_journal_entries set account_number = '9999', "
    "account_key = -1 where agreement_id = %(id)s and entry_number = %(n)s",
    "mart row added": "insert into mart.fact_journal_entries select (jsonb_populate_record(f, "
    "jsonb_build_object('journal_entry_key', -5 - f.journal_entry_key, 'entry_number', '888888'))).* "
    "from mart.fact_journal_entries as f where f.agreement_id = %(id)s and f.entry_number = %(n)s",
    "core row changed": "update core.ledger_entry set amount_base = amount_base + 0.01, "
    "change_seq = nextval('core.change_seq') where agreement_id = %(id)s and entry_number = %(n)s",
    "core row tombstoned": "update core.ledger_entry set is_deleted = true, "
    "change_seq = nextval('core.change_seq') where agreement_id = %(id)s and entry_number = %(n)s",
    "core row moved": "update core.ledger_entry set date = '2026-07-15', "
    "change_seq = nextval('core.change_seq') where agreement_id = %(id)s and entry_number = %(n)s",
    "core row added": "insert into core.ledger_entry select (jsonb_populate_record(e, "
    "jsonb_build_object('entry_number', '777777', 'change_seq', nextval('core.change_seq')))).* "
    "from core.ledger_entry as e where e.agreement_id = %(id)s and e.entry_number = %(n)s",
    "core row renumbered": "update core.ledger_entry set entry_number = '666666', "
    "amount_base = amount_base * 2, change_seq = nextval('core.change_seq') "
    "where agreement_id = %(id)s and entry_number = %(n)s",
    "staging payload damaged": "update staging.economic_entries set payload = payload || "
    """'{"amountInBaseCurrency": 12345.67}', change_seq = nextval('staging.change_seq') """
    "where agreement_id = %(id)s and source_key = %(n)s",
    "staging payload moved": "update staging.economic_entries set payload = payload || "
    """'{"date": "2026-07-15T00:00:00"}', change_seq = nextval('staging.change_seq') """
    "where agreement_id = %(id)s and source_key = %(n)s",
    "balance changed": "update mart.fact_account_balance_month set movement_base = movement_base + 0.01 "
    "where agreement_id = %(id)s and account_number = %(account)s and month = date_trunc('month', %(day)s::date)",
    "balance closing changed": "update mart.fact_account_balance_month set closing_base = closing_base "
    "+ 0.01, opening_base = opening_base + 0.01 "
    "where agreement_id = %(id)s and account_number = %(account)s and month = date_trunc('month', %(day)s::date)",
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_found_the_same_night_named_and_repaired_by_the_window(
    dsn: str, damaged: Company, kind: str
) -> None:
    company = damaged
    proven(dsn, company, now=later())
    number, day, account = one_line(
        dsn, company, "date between '2026-03-05' and '2026-03-25' and account_number = '2210'"
    )
    with connect(dsn) as connection:
        done = connection.execute(
            DAMAGE[kind], {"id": company.id, "n": number, "day": day, "account": account}
        )
        assert done.rowcount >= 1
        if kind.startswith("staging"):
            connection.execute(
                "update ops.progress set change_seq = (select max(change_seq) from "
                "staging.economic_entries where agreement_id = %(id)s) where agreement_id = %(id)s "
                "and consumer = 'staging' and source = 'entries'",
                {"id": company.id},
            )
    night(dsn, company, entities=("entries",), run_id="second")
    with pytest.raises(NotProven) as caught:
        proven(dsn, company, run_id="second", now=later())
    text = str(caught.value)
    assert text.startswith(f"{company.id}: {caught.value.differences} of ")
    if "renumbered" not in kind and "of another" not in kind:
        assert "2210 Løn" in text
    assert "2026-03-01 to 2026-03-31" in text
    assert not all(ok for *_, ok in rows(dsn, company))
    with connect(dsn) as connection:
        row = connection.execute(
            "select difference > 0 from mart.sync_status where agreement_id = %s", [company.id]
        ).fetchone()
    assert row == (True,)
    repairs = windows_of(caught.value)
    assert repairs
    assert all(w.window and w.window[1] - w.window[0] <= timedelta(days=61) for w in repairs)
    for repair in repairs:
        night(dsn, company, run_request=repair, entities=("entries",), run_id="repair")
    proven(dsn, company, run_request=repairs[0], run_id="repair", now=later())
    assert_true(dsn, company)


# --- what the message says, and what else may happen ---------------------------------------------


def test_a_hundredth_is_told_exactly_and_a_closed_year_is_found_within_the_week(
    dsn: str, damaged: Company
) -> None:
    proven(dsn, damaged, now=later())
    number, _, _ = one_line(
        dsn, damaged, "date between '2024-05-05' and '2024-05-25' and account_number = '2210'"
    )
    change = (
        "update mart.fact_journal_entries set amount_base = amount_base + %s "
        "where agreement_id = %s and entry_number = %s"
    )
    with connect(dsn) as connection:
        connection.execute(change, ["0.01", damaged.id, number])
    proven(dsn, damaged, now=later())  # a closed year is not looked at tonight
    with pytest.raises(NotProven) as caught:
        proven(dsn, damaged, now=NOW + timedelta(days=15))
    text = str(caught.value)
    assert re.search(r"2024 P05 .* difference 0\.01 DKK", text)
    assert "mode=window from=2024-05-01 to=2024-05-31" in text
    with pytest.raises(NotProven):  # from now on every night, until it is right
        proven(dsn, damaged, now=NOW + timedelta(days=16))
    with connect(dsn) as connection:
        connection.execute(change, ["-0.01", damaged.id, number])
    proven(dsn, damaged, now=NOW + timedelta(days=17))
    assert {c[2] for c in rows(dsn, damaged, "checked_at > '2026-11-17'")} >= {"2024"}


def test_a_difference_before_the_start_date_asks_for_a_full_run(dsn: str, sandbox: Sandbox) -> None:
    company = sandbox.company("early", entries=900, first_year=2023)
    night(dsn, company, entities=LEDGER)
    number, _, _ = one_line(dsn, company, "date < '2023-06-01' and amount_base > 0")
    with connect(dsn) as connection:
        connection.execute(
            "delete from mart.fact_journal_entries where agreement_id = %s and entry_number = %s",
            [company.id, number],
        )
    with pytest.raises(
        NotProven, match=r"mode=full entities=entries \(a window may not begin before"
    ):
        proven(dsn, company, now=NOW)
    night(dsn, company, run_request=RunRequest("full", entities=("entries",)))
    proven(dsn, company, run_request=RunRequest("full"), now=NOW + timedelta(hours=1))


def test_what_is_booked_meanwhile_is_taken_out(dsn: str, company: Company) -> None:
    """The vendor books on after landing: no difference, and a note says up to where."""
    company.next_day(days=2)
    proof = proven(dsn, company, now=NOW)
    assert all(c.ok for c in proof.comparisons)
    assert re.search(r"\d+ entries booked since .* up to entry \d+", proof.notes[0])


def test_a_difference_is_found_beside_what_is_booked_meanwhile(dsn: str, company: Company) -> None:
    number, _, account = one_line(dsn, company, "date >= '2026-10-01' and amount_base > 1")
    with connect(dsn) as connection:
        connection.execute(
            "update mart.fact_journal_entries set amount_base = amount_base - 0.01 "
            "where agreement_id = %s and entry_number = %s",
            [company.id, number],
        )
    company.next_day()
    with pytest.raises(NotProven, match=f"account {account} .* difference -0.01 DKK") as caught:
        proven(dsn, company, now=NOW)
    assert "entries booked since" in str(caught.value)


class Moving(EconomicControls):
    """A vendor that books whenever totals are asked for."""

    def __init__(self, company: Company, times: int) -> None:
        super().__init__(company.client())
        self._company, self._times = company, times

    def year_totals(self, year: str) -> dict[str, Decimal]:
        found = super().year_totals(year)
        if year == "2026" and self._times:
            self._times -= 1
            self._company.next_day()
        return found


def test_books_that_keep_moving_are_read_again_and_in_the_end_later(
    dsn: str, company: Company
) -> None:
    proof = proven(dsn, company, controls=Moving(company, 3), now=NOW)
    assert all(c.ok for c in proof.comparisons)
    before = rows(dsn, company)
    with pytest.raises(Unavailable, match="compared again later"):
        proven(dsn, company, controls=Moving(company, 99), now=NOW + timedelta(hours=1))
    assert rows(dsn, company) == before


def test_facts_held_back_are_said_so_and_are_no_difference(dsn: str, company: Company) -> None:
    company.next_day()
    company.fault("500", match="booked-entries?", times=100)
    done = night(dsn, company, entities=LEDGER, run_id="bad")
    assert "entries" in done.errors
    company.sandbox.clear_faults()
    proof = proven(dsn, company, run_id="bad", now=NOW)
    assert proof.is_held_back
    assert not [c for c in proof.comparisons if c.entity == "fact_journal_entries"]
    assert "entries did not land in this run" in proof.notes[0]
    with connect(dsn) as connection:
        row = connection.execute(
            "select status, note from ops.sync_run where agreement_id = %s and entity = 'prove'",
            [company.id],
        ).fetchone()
    assert row is not None
    assert row[0] == "skipped"
    assert "not compared" in row[1]
    night(dsn, company, entities=LEDGER, run_id="good")
    assert proven(dsn, company, run_id="good", now=NOW + timedelta(days=1)).notes == []


def test_facts_that_are_late_are_said_so(dsn: str, company: Company) -> None:
    company.next_day()
    with connect(dsn) as connection:
        land(connection, dsn, company.client(), company.agreement, "entries")
    assert "have not been refreshed" in proven(dsn, company, now=NOW).notes[0]


def test_many_differences_are_cut_short(dsn: str, company: Company) -> None:
    with connect(dsn) as connection:
        connection.execute(
            "update mart.fact_journal_entries set amount_base = amount_base + 1 "
            "where agreement_id = %s",
            [company.id],
        )
    with pytest.raises(NotProven) as caught:
        proven(dsn, company, now=NOW)
    lines = str(caught.value).splitlines()
    assert len([x for x in lines if x.startswith("- ")]) == 20
    assert re.search(r"\.\.\. and \d+ more", str(caught.value))
    night(dsn, company, run_request=RunRequest("full"), entities=LEDGER)
    proven(dsn, company, run_request=RunRequest("full"), now=NOW + timedelta(hours=1))


@pytest.mark.parametrize("kind", ["500", "truncate", "html", "drop"])
def test_totals_that_do_not_come_are_no_difference(dsn: str, company: Company, kind: str) -> None:
    company.fault(kind, match="/totals", times=100)
    with pytest.raises(Unavailable):
        proven(dsn, company, now=NOW)
    assert rows(dsn, company) == []


def test_amounts_are_written_with_all_their_digits() -> None:
    assert amount(Decimal("-1204330.5000")) == "-1,204,330.50"
    assert amount(Decimal("0.0100")) == "0.01"
    assert amount(Decimal("1E+5")) == "100,000.00"
    assert amount(Decimal("12.3456")) == "12.3456"


def test_windows_that_touch_are_one() -> None:
    march, april, june = ((date(2026, m, 1), date(2026, m, 30)) for m in (3, 4, 6))
    march = (march[0], date(2026, 3, 31))
    assert merged([june, april, march]) == [(march[0], april[1]), june]


# --- what is sold --------------------------------------------------------------------------------


def test_invoices_and_customers_are_proven(dsn: str, damaged: Company) -> None:
    proof = proven(dsn, damaged, run_request=RunRequest("full"), now=later())
    found = {c.control: c for c in proof.comparisons if c.account is None}
    assert found.keys() >= {
        "invoice_net_amount", "invoice_count", "unpaid_remainder", "customer_balances"
    }  # fmt: skip
    assert all(c.vendor and c.ok for c in found.values())


SALES_DAMAGE = {
    "net amount": "update mart.fact_invoice_lines set net_amount_base = net_amount_base - 0.01",
    "lines gone": "delete from mart.fact_invoice_lines",
    "remainder": "update mart.fact_invoice_lines set invoice_remainder_base = "
    "invoice_remainder_base + 0.01",
    # Lines have no dates of their own: a window reads those of the invoices that are dated in it.
    "lines gone from core": "update core.invoice_line set is_deleted = true, change_seq = "
    "nextval('core.change_seq')",
}


@pytest.mark.parametrize("kind", SALES_DAMAGE)
def test_a_damaged_invoice_is_found_with_its_month_and_repaired_by_the_window(
    dsn: str, damaged: Company, kind: str
) -> None:
    proven(dsn, damaged, now=later())
    with connect(dsn) as connection:
        row = connection.execute(
            "select min(invoice_number) from mart.fact_invoice_lines where agreement_id = %s "
            "and not is_draft and invoice_date between '2026-03-01' and '2026-03-31'",
            [damaged.id],
        ).fetchone()
        connection.execute(
            f"{SALES_DAMAGE[kind]} where agreement_id = %s and invoice_number = %s",
            [damaged.id, row[0] if row else None],
        )
    night(dsn, damaged, entities=("self",))  # what was done to core shows in the facts
    with pytest.raises(NotProven) as caught:
        proven(dsn, damaged, now=later())
    text = str(caught.value)
    assert "fact_invoice_lines" in text
    assert "mode=window from=2026-03-01 to=2026-03-31" in text
    for repair in windows_of(caught.value):
        night(dsn, damaged, run_request=repair, run_id="repair")
    proven(dsn, damaged, now=later())


def test_totals_that_are_off_by_a_hundredth_are_told(dsn: str, sandbox: Sandbox) -> None:
    company = sandbox.company("off", entries=900, totals_off=1)
    night(dsn, company)
    with pytest.raises(NotProven) as caught:
        proven(dsn, company, now=NOW)
    assert "difference -0.01 DKK" in str(caught.value)
    bad = {(c[0], c[5]) for c in rows(dsn, company, "not ok")}
    for control in ("account_year_totals", "invoice_net_amount", "unpaid_remainder"):
        assert (control, Decimal("-0.01")) in bad


def test_balances_of_customers_that_differ_are_told_and_fail_nothing(
    dsn: str, damaged: Company
) -> None:
    change = (
        "update mart.fact_receivables set remainder_base = remainder_base + %s "
        "where receivable_key = (select min(receivable_key) from mart.fact_receivables "
        "where agreement_id = %s and not is_settled)"
    )
    with connect(dsn) as connection:
        connection.execute(change, [500, damaged.id])
    proof = proven(dsn, damaged, run_request=RunRequest("full"), now=later())
    assert "the balances of 1 of" in proof.notes[0]
    bad = [c for c in proof.comparisons if not c.ok]
    assert {c.control for c in bad} == {"customer_balances"}
    assert {c.difference for c in bad} == {Decimal(500)}
    with connect(dsn) as connection:
        connection.execute(change, [-500, damaged.id])
