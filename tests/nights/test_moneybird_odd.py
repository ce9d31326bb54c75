"""Books of Moneybird with something odd in them: what is shown, what is set aside, and that all else goes on."""

from __future__ import annotations

import itertools
import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from saldo.declarations.source import Page
from saldo.exports.rows import purchase_rows
from saldo.staging.records import Decoder
from saldo.validation import validate
from saldo.vendors import entity_of
from saldo.vendors.moneybird.controls import MoneybirdControls
from saldo.warehouse.connection import Connection
from saldo.warehouse.migrations import MIGRATIONS_DIR
from tests.moneybird_books import (
    Books,
    account,
    detail,
    golden,
    moneybird_agreement,
    mutation,
    payment,
    purchase,
    sale,
)
from tests.recorded import Recorded
from tests.support import snapshot_of_mart

_VOUCHER = (
    "select account_number, amount_base from mart.fact_journal_entries where agreement_id = %(id)s "
    "and voucher_number = '{}' order by 1, 2"
)
_ASIDE = (
    "select entity, source_key, field, reason from ops.set_aside where agreement_id = %(id)s "
    "and entity not like 'mart.%%' order by 1, 2"
)
_ASIDE_OF_LEDGER = (
    "select field from ops.set_aside where agreement_id = %(id)s and entity = 'core.ledger_entry'"
)


_RECORDED_PAYMENT = {
    "id": "1", "invoice_type": "Document", "invoice_id": "2", "price": None, "payment_date": "2026-02-20",
}  # fmt: skip
#: A rate that nobody can have meant.
HUGE = "1000000000000000.0"


def rows(books: Books, query: str) -> list[tuple[Any, ...]]:
    return books.connection.execute(query.encode(), {"id": books.id}).fetchall()


# --- words ---------------------------------------------------------------------------------------


def test_a_state_and_a_type_that_are_new_are_shown_as_others(
    warehouse: Connection, dsn: str
) -> None:
    books = golden(warehouse, "newwords")
    books.change("purchase_invoices", "P3", state="disputed")
    books.change("ledger_accounts", "anone", account_type="off_balance")
    books.night()
    assert rows(
        books,
        "select distinct state from mart.fact_purchase_documents where agreement_id = %(id)s "
        "and document_number in ('P3', 'P5') order by 1",
    ) == [("open",), ("other_disputed",)]
    assert rows(
        books,
        "select a.account_type, a.is_balance_sheet from mart.dim_account as a "
        "inner join mart.dim_agreement as g on g.agreement_key = a.agreement_key "
        "where g.agreement_id = %(id)s and a.name = 'Vraagposten'",
    ) == [("other_off_balance", None)]
    found = validate(warehouse, dsn, moneybird_agreement(books.id), run_id="odd", everything=True)
    assert not [b.rule for b in found.broken]


_DRAFTS = (
    "select invoice_number, is_draft from mart.fact_invoice_lines where agreement_id = %(id)s "
    "and line_id in ('S2a', 'S5a') order by line_id"
)


def test_an_invoice_in_a_new_state_is_a_draft_until_it_has_a_number(warehouse: Connection) -> None:
    books = golden(warehouse, "newstate")
    line = detail("S5a", "a8000", "1.0")
    books.add(
        "sales_invoices", sale("S5", None, "2026-03-20", "1.0", "1.21", [line], unpaid="1.21")
    )
    books.change("sales_invoices", "S5", state="awaiting_approval")
    books.night()
    before = rows(books, _DRAFTS)
    assert [is_draft for _, is_draft in before] == [True, True]
    books.change("sales_invoices", "S2", state="awaiting_approval")
    books.night()
    assert rows(books, _DRAFTS) == before
    assert rows(books, _VOUCHER.format("S2")) == rows(books, _VOUCHER.format("S5")) == []
    books.change("sales_invoices", "S2", state="approved", invoice_id="2026-0002")
    books.remove("sales_invoices", "S5")
    books.night()
    assert rows(books, _DRAFTS) == [("2026-0002", False)]
    assert len(rows(books, _VOUCHER.format("S2"))) == 3
    before = snapshot_of_mart(warehouse, books.id)
    books.refresh("full")
    assert snapshot_of_mart(warehouse, books.id) == before


@pytest.mark.parametrize(
    ("amount", "price"), [("1210.0", "1210.0"), ("-40.0", "40.0"), ("-40.0", "-40.0")]
)
def test_what_pays_something_nobody_knows_waits_for_somebody(
    warehouse: Connection, amount: str, price: str
) -> None:
    """A sale or a purchase: whose it is nobody knows."""
    books = golden(warehouse, f"newkind{amount}{price}".translate({ord("."): "_", ord("-"): "m"}))
    paid = payment("Y9", price, "2026-03-12", invoice_type="Subscription", invoice_id="X1")
    books.add("financial_mutations", mutation("M9", "2026-03-12", amount, payments=[paid]))
    books.night()
    came_in = Decimal(amount)
    assert rows(books, _VOUCHER.format("M9")) == [("10510.04", -came_in), ("1100", came_in)]
    assert rows(books, _ASIDE) == []


def test_a_new_type_of_tax_rates_is_an_other(warehouse: Connection) -> None:
    books = golden(warehouse, "newrate")
    books.records["tax_rates"]["t9"]["tax_rate_type"] = "import"
    books.night()
    assert rows(
        books,
        "select v.vat_type from mart.dim_vat as v inner join mart.dim_agreement as g on g.agreement_key = v.agreement_key "
        "where g.agreement_id = %(id)s and v.vat_number in ('t9', 't21') order by v.vat_number",
    ) == [("Purchase Invoice",), ("other_import",)]


class Chart:
    """Moneybird's side of a proof, as far as accounts are named: a report in which each moved by 1, and the chart."""

    usage, daily_calls = None, None

    def __init__(self, accounts: list[dict[str, Any]]) -> None:
        self.accounts = accounts

    def report(self, name: str, *, params: Any, decode: Any) -> Any:
        moved = {
            "ledger_accounts": [
                {"ledger_account_id": a["id"], "value": "1.0"} for a in self.accounts
            ]
        }
        none: dict[str, Any] = {"ledger_accounts": []}
        report = {
            "start_balance": none,
            "debit_sums": moved,
            "credit_sums": none,
            "final_balance": none,
        }
        return decode(json.dumps(report).encode())

    def get(self, path: str, *, params: Any, decode: Any) -> Any:
        return decode(json.dumps(self.accounts).encode())


def test_proof_names_accounts_as_the_facts_do(warehouse: Connection) -> None:
    """With blanks around what people call them by, alone or beside another of the same name."""
    books = golden(warehouse, "called")
    books.add(
        "ledger_accounts",
        account("a4700", " 4700 ", "Huur", "expenses"),
        account("a4500b", "4500 ", "Verkoopkosten (nieuw)", "expenses"),
        account("ablank", " ", "Diversen", "expenses"),
    )
    books.night()
    controls = MoneybirdControls(Chart([*books.records["ledger_accounts"].values()]))  # type: ignore[arg-type]
    shown = rows(
        books,
        "select a.account_number from mart.dim_account as a inner join mart.dim_agreement as g "
        "on g.agreement_key = a.agreement_key where g.agreement_id = %(id)s and a.account_key > 0",
    )
    assert {*controls.year_totals("2026")} == {number for (number,) in shown}
    assert {"4700", "a4500", "a4500b", "ablank"} <= {number for (number,) in shown}


# --- postings that cannot be stored --------------------------------------------------------------


def in_dollars(id: str, rate: str) -> dict[str, Any]:
    """A document that names no amounts in base currency."""
    line = detail(f"{id}a", "a4500", "1000.0") | {"total_price_excl_tax_with_discount_base": None}
    found = purchase(id, "2026-03-02", "1000.0", "1210.0", [line], currency="USD")
    return found | {
        "exchange_rate": rate, "total_price_excl_tax_base": None, "total_price_incl_tax_base": None,
    }  # fmt: skip


def test_a_posting_too_large_sets_its_voucher_aside_and_no_other(warehouse: Connection) -> None:
    books = golden(warehouse, "huge")
    books.add("purchase_invoices", in_dollars("P8", HUGE))
    booking = {"ledger_account_id": "a4600", "price": "-900000000000000.0", "description": "Kosten"}
    books.add(
        "financial_mutations",
        mutation(
            "M8", "2026-03-13", "0.0",
            ledger_account_bookings=[{**booking, "id": "K8"}, {**booking, "id": "K9"}],
        ),
    )  # fmt: skip
    books.night()
    assert rows(books, _ASIDE) == [
        ("core.ledger_entry", "M8", "amount", "is too large for numeric(19,4)"),
        ("core.ledger_entry", "P8", "amount_base", "is too large for numeric(19,4)"),
    ]
    assert rows(books, _VOUCHER.format("P8")) == rows(books, _VOUCHER.format("M8")) == []
    [(count,)] = rows(
        books, "select count(*) from mart.fact_journal_entries where agreement_id = %(id)s"
    )
    assert count > 20
    # Corrected at the vendor, it is a voucher like any other.
    books.change("purchase_invoices", "P8", exchange_rate="0.9")
    books.remove("financial_mutations", "M8")
    books.night()
    assert rows(books, _ASIDE) == []
    assert [amount for _, amount in rows(books, _VOUCHER.format("P8"))] == [
        Decimal("-1089.00"),
        Decimal("189.00"),
        Decimal("900.00"),
    ]


def test_a_voucher_that_becomes_too_large_is_shown_as_it_was(warehouse: Connection) -> None:
    books = golden(warehouse, "grown")
    books.night()
    before = rows(books, _VOUCHER.format("P3"))
    books.add("purchase_invoices", in_dollars("P3", HUGE))
    books.change("purchase_invoices", "P5", reference="another")
    books.night()
    assert [key for _, key, *_ in rows(books, _ASIDE)] == ["P3"]
    assert rows(books, _VOUCHER.format("P3")) == before
    assert rows(
        books,
        "select distinct invoice_number from mart.fact_journal_entries where agreement_id = %(id)s and voucher_number = 'P5'",
    ) == [("another",)]
    # A quiet night leaves it told; a document that is gone leaves nothing behind.
    books.night()
    assert [key for _, key, *_ in rows(books, _ASIDE)] == ["P3"]
    books.remove("purchase_invoices", "P3")
    books.night()
    assert rows(books, _ASIDE) == rows(books, _VOUCHER.format("P3")) == []


# --- rates and prices ----------------------------------------------------------------------------


def test_no_rate_is_made_up_and_no_date_is_no_wrong_one(warehouse: Connection, dsn: str) -> None:
    books = golden(warehouse, "norate")
    paid = payment("Y8", "10.0", "2026-03-05", ledger_account_id="apaid") | {"price_base": None}
    books.add("purchase_invoices", in_dollars("P8", "0.0") | {"payments": [paid]})
    books.change("purchase_invoices", "P4", date=None)
    books.night()
    assert rows(
        books,
        "select exchange_rate, net_amount, net_amount_base, tax_amount_base, gross_amount_base, paid_amount_base "
        "from mart.fact_purchase_documents where agreement_id = %(id)s and document_number = 'P8'",
    ) == [(None, Decimal(1000), None, None, None, None)]
    missing = ("amount_base", "is missing")
    assert rows(books, _ASIDE) == [
        ("core.ledger_entry", "P8", *missing),
        ("core.ledger_entry", "Y8", *missing),
    ]
    found = validate(warehouse, dsn, moneybird_agreement(books.id), run_id="odd", everything=True)
    assert not [b.rule for b in found.broken]
    warned = {b.rule.columns for b in found.warned if b.rule.table == "fact_purchase_documents"}
    assert ("net_amount_base",) in warned
    assert ("date_key",) not in warned


def test_a_payment_that_comes_to_nobody_knows_what_is_not_posted_twice(
    warehouse: Connection,
) -> None:
    """A rate that is cleared leaves the payment as it was, and its transaction nothing to post; bookings beside it are
    not turned round. An upgrade keeps nothing that was posted at a rate of 1."""
    books = golden(warehouse, "cleared")

    def paid(id: str, over: str) -> dict[str, Any]:
        made = payment(id, "1210.0", "2026-03-12", financial_mutation_id=over)
        return in_dollars(f"P{id}", "0.9") | {"payments": [made | {"price_base": None}]}

    booking = {"id": "K9", "ledger_account_id": "a4600", "price": "11.0", "description": "Kosten"}
    books.add("purchase_invoices", paid("Y8", "M8"), paid("Y9", "M9"))
    books.add(
        "financial_mutations",
        mutation("M8", "2026-03-12", "-1089.0"),
        mutation("M9", "2026-03-12", "-1100.0", ledger_account_bookings=[booking]),
    )
    books.night()
    before = {key: rows(books, _VOUCHER.format(key)) for key in ("Y8", "Y9", "M9", "PY8")}
    assert before["Y8"] == [("1100", Decimal("-1089.00")), ("16011", Decimal("1089.00"))]
    assert before["M9"] == [("1100", Decimal("-11.00")), ("a4600", Decimal("11.00"))]
    for id in ("PY8", "PY9"):
        books.change("purchase_invoices", id, exchange_rate="0.0")
    books.night()
    assert rows(books, _VOUCHER.format("M8")) == []
    assert {key: rows(books, _VOUCHER.format(key)) for key in before} == before
    assert [key for _, key, *_ in rows(books, _ASIDE)] == ["M9", "PY8", "PY9", "Y8", "Y9"]
    warehouse.execute((MIGRATIONS_DIR / "0067_no_made_up_rates.sql").read_bytes())
    typed = rows(
        books,
        "select source from ops.progress where agreement_id = %(id)s and consumer = 'core' and source in "
        "('purchase_invoices', 'ledger_accounts', 'contacts')",
    )
    assert typed == [("contacts",)]  # the others are typed anew, with words nobody knows
    books.night()
    assert [key for key in before if rows(books, _VOUCHER.format(key))] == []
    assert rows(books, _VOUCHER.format("Y1")) != []


def test_a_transaction_makes_no_rate_up_either(warehouse: Connection) -> None:
    """Of a document that is not posted, its transaction alone tells what was paid."""
    books = golden(warehouse, "untold")
    new = {"state": "new", "currency": "USD", "total_price_incl_tax_base": None}
    for id, rate in (("P8", "0.9"), ("P9", "0.0")):
        books.add("purchase_invoices", in_dollars(id, rate) | new)
        pays = payment(f"Y{id}", "1210.0", "2026-03-12", invoice_id=id) | {"price_base": None}
        books.add(
            "financial_mutations", mutation(f"M{id}", "2026-03-12", "-1089.0", payments=[pays])
        )
    books.night()
    assert rows(books, _VOUCHER.format("MP8")) == [
        ("1100", Decimal("-1089.00")), ("16011", Decimal("1089.00")),
    ]  # fmt: skip
    assert rows(books, _VOUCHER.format("MP9")) == []
    assert rows(books, _ASIDE) == [("core.ledger_entry", "MP9", "amount", "is missing")]


def test_prices_with_tax_keep_their_decimals(warehouse: Connection) -> None:
    books = golden(warehouse, "priced")
    for id, number in (("S3", "2026-0003"), ("S4", None)):
        line = detail(f"{id}a", "a8000", "1.0", price="0.4033", amount="3 x", amount_decimal="3.0")
        books.add(
            "sales_invoices",
            sale(id, number, "2026-03-20", "1.0", "1.21", [line], unpaid="1.21", prices_are_incl_tax=True),
        )  # fmt: skip
    books.night()
    assert rows(
        books,
        "select is_draft, unit_net_price from mart.fact_invoice_lines where agreement_id = %(id)s "
        "and line_id in ('S3a', 'S4a') order by 1",
    ) == [(False, Decimal("0.3333333333")), (True, Decimal("0.3333333333"))]


# --- what the vendor does not say -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("entity", "key"), [("purchase_invoices", "P1"), ("sales_invoices", "S1"), ("financial_mutations", "M1")]
)  # fmt: skip
def test_a_payment_of_nobody_knows_how_much_sets_its_record_aside_and_no_other(
    warehouse: Connection, entity: str, key: str
) -> None:
    """The specification lets its price be null."""
    books = golden(warehouse, f"unpriced{key}".lower())
    [paid] = books.records[entity][key]["payments"]
    books.change(entity, key, payments=[paid | {"price": None, "price_base": None}])
    recorded = Recorded.golden("moneybird").records[entity][0]
    page = Page(
        [msgspec.Raw(json.dumps(recorded | {"payments": [_RECORDED_PAYMENT]}).encode())], None
    )
    decoder = Decoder(entity_of("moneybird", entity), "test")
    assert (len(decoder.rows(page)), decoder.drift) == (1, {})
    books.night()
    assert rows(books, _ASIDE) == [(entity, key, f"payments[id {paid['id']}].price", "is missing")]
    assert rows(books, _VOUCHER.format("P3")) != []


_NUMBERS = itertools.count()
_NOTHING = {"total_unpaid": None, "total_unpaid_base": None}


@pytest.mark.parametrize(
    ("said", "status", "remainder"),
    [
        (_NOTHING, "open", "710"), ({"total_unpaid": "710.0", "total_unpaid_base": None}, "open", "710"),
        ({"total_unpaid": "0.0", "total_unpaid_base": "0.0"}, "paid", "0"),
        ({**_NOTHING, "payments": []}, "open", "1210"),
        ({**_NOTHING, "payments": [payment("Y3", "1210.0", "2026-02-25", invoice_type="SalesInvoice")]}, "paid", "0"),
        ({**_NOTHING, "total_price_incl_tax": None}, None, None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("is_there", [True, False])
def test_an_invoice_is_paid_where_nothing_of_it_is_open(
    warehouse: Connection, said: dict[str, Any], status: str | None, remainder: str, is_there: bool
) -> None:
    books = golden(warehouse, f"unsaid{next(_NUMBERS)}")
    books.change("sales_invoices", "S1", **said)
    if not is_there:
        kept = {
            name: v for name, v in books.records["sales_invoices"]["S1"].items() if v is not None
        }
        books.records["sales_invoices"]["S1"] = kept
    books.night()
    shown = rows(
        books,
        "select payment_status, invoice_remainder_base from mart.fact_invoice_lines "
        "where agreement_id = %(id)s and not is_draft",
    )
    posted = rows(
        books,
        "select remainder from core.ledger_entry where agreement_id = %(id)s and entry_number = 'S1|debtors'",
    )
    aside = rows(books, _ASIDE)
    if status is None:
        assert (shown, posted) == ([], [])
        assert aside == [("sales_invoices", "S1", "remainder", "is missing")]
        return
    assert (shown, aside) == ([(status, Decimal(remainder))], [])
    if said.get("total_unpaid") is None:
        assert posted == [(Decimal(remainder),)]


_NO_TOTALS = {"total_price_excl_tax": None, "total_price_excl_tax_base": None}


@pytest.mark.parametrize(
    ("said", "lines", "expected"),
    [
        (_NO_TOTALS, {}, ("10", "10")),
        (_NO_TOTALS, {"total_price_excl_tax_with_discount_base": None}, ("10", "10")),
        ({**_NO_TOTALS, "currency": "USD"}, {"total_price_excl_tax_with_discount_base": "9.2"}, ("10", "9.2")),
        ({**_NO_TOTALS, "currency": "USD"}, {"total_price_excl_tax_with_discount_base": None}, ("10", None)),
        (_NO_TOTALS, {"total_price_excl_tax_with_discount": None}, None),
    ],
)  # fmt: skip
def test_a_draft_without_totals_comes_to_what_its_lines_do(
    warehouse: Connection,
    said: dict[str, Any],
    lines: dict[str, Any],
    expected: tuple[str, str | None] | None,
) -> None:
    books = golden(warehouse, f"nototals{next(_NUMBERS)}")
    books.change("sales_invoices", "S2", **said, details=[detail("S2a", "a8000", "10.0") | lines])
    books.night()
    shown = rows(
        books,
        "select sum(net_amount), sum(net_amount_base) from mart.fact_invoice_lines "
        "where agreement_id = %(id)s and is_draft having count(*) > 0",
    )
    aside = rows(books, _ASIDE)
    if expected is None:
        assert shown == []
        assert aside == [("sales_invoices", "S2", "total_price_excl_tax", "is missing")]
        return
    assert aside == []
    assert shown == [tuple(value and Decimal(value) for value in expected)]


def test_a_line_of_text_alone_says_nothing_of_a_drafts_total(warehouse: Connection) -> None:
    unsaid = {
        "total_price_excl_tax_with_discount": None,
        "total_price_excl_tax_with_discount_base": None,
    }
    books = golden(warehouse, f"nototals{next(_NUMBERS)}")
    lines = [
        detail("S2a", "a8000", "10.0"),
        detail("S2b", "a8000", "0.0") | unsaid | {"price": None},
    ]
    books.change("sales_invoices", "S2", **_NO_TOTALS, details=lines)
    books.night()
    assert rows(books, "select sum(net_amount), sum(net_amount_base) from mart.fact_invoice_lines where agreement_id = %(id)s and is_draft") == [
        (Decimal(10), Decimal(10))
    ]  # fmt: skip
    assert rows(books, _ASIDE) == []


_IN_DOLLARS = {"currency": "USD", "bases": ("97.8", "111.32")}
_NO_BASE = {"total_price_excl_tax_base": None, "total_price_incl_tax_base": None}


@pytest.mark.parametrize(
    ("said", "base", "expected"),
    [
        ({"exchange_rate": None}, "70.0", ("36.30", "14.70", "84.70")),
        ({**_IN_DOLLARS, "exchange_rate": "0.92"}, "64.4", ("33.40", "13.52", "77.92")),
        ({**_IN_DOLLARS, "exchange_rate": None}, "64.4", ("33.40", "13.52", "77.92")),
        ({"currency": "USD", "exchange_rate": None, **_NO_BASE}, None, (None, None, None)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("entity", ["purchase_invoices", "receipts"])
def test_what_is_private_in_base_currency_where_the_vendor_does_not_say(
    warehouse: Connection,
    dsn: str,
    entity: str,
    said: dict[str, Any],
    base: str | None,
    expected: tuple[str | None, ...],
) -> None:
    books = golden(warehouse, f"private{next(_NUMBERS)}")
    books.add("ledger_accounts", account("a0510", "0510", "Privé", "equity"))
    line = detail("P6a", "a4500", "70.0", price="100.0")
    share = {
        "id": "F1",
        "private_ledger_account_id": "a0510",
        "percentage": "30.0",
        "price": "36.3",
        "price_base": None,
    }
    books.add(entity, purchase(
        "P6", "2026-03-04", "106.3", "121.0", [line | {"total_price_excl_tax_with_discount_base": base}],
        fiscal_allocations=[share], **said,
    ))  # fmt: skip
    books.night()
    private, tax, gross = (value and Decimal(value) for value in expected)
    assert rows(
        books,
        "select tax_amount_base, gross_amount_base from mart.fact_purchase_documents "
        "where agreement_id = %(id)s and document_number = 'P6'",
    ) == [(tax, gross)]
    assert rows(
        books,
        "select d.private_amount_base, a.amount_base from core.purchase_document as d "
        "inner join core.purchase_document_allocation as a using (agreement_id, document_number) "
        "where d.agreement_id = %(id)s",
    ) == [(private, private)]
    [row] = purchase_rows(warehouse, books.id, ["P6"])
    assert (row["tax_amount_base"], row["gross_amount_base"]) == (tax, gross)
    posted = dict(rows(books, _VOUCHER.format("P6")))
    assert posted.get("0510") == private
    assert sum(posted.values()) == 0
    # Nobody's rate is made up: what cannot be posted is told.
    assert bool(posted) is (private is not None)
    assert bool(rows(books, f"{_ASIDE_OF_LEDGER} and source_key = 'P6'")) is (private is None)
    found = validate(warehouse, dsn, moneybird_agreement(books.id), run_id="odd", everything=True)
    assert not [b.rule.name for b in found.broken if "purchase" in b.rule.name]
