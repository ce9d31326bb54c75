"""Books of Moneybird that land in any order: what is shown is what a rebuild shows, and money is nowhere twice."""

from __future__ import annotations

import random
from decimal import Decimal

import psycopg
import pytest

from saldo.errors import BadResponse
from saldo.transform.core import to_core
from saldo.vendors import entity_of
from saldo.warehouse.connection import Connection, connect
from tests.moneybird_books import Books, detail, golden, mutation, payment, purchase

from .test_moneybird_golden import assert_as_rebuilt, rows


def assert_core_as_rebuilt(books: Books) -> None:
    for entity in books.records:
        changed = to_core(
            books.connection,
            "moneybird",
            entity_of("moneybird", entity),
            books.id,
            everything=True,
            is_repair=True,
        )
        assert (entity, changed) == (entity, 0)
    assert_as_rebuilt(books)


def test_kinds_that_fill_one_table_number_their_changes_in_the_order_of_commits(
    dsn: str, warehouse: Connection
) -> None:
    """Whoever follows the table would miss a lower number that is committed later."""
    books = golden(warehouse, "turns")
    for entity in ("purchase_invoices", "receipts"):
        books.land(entity)
    books.change("receipts", "P2", reference="a")
    books.change("purchase_invoices", "P1", reference="b")

    def bring(connection: Connection, entity: str) -> None:
        to_core(
            connection,
            "moneybird",
            entity_of("moneybird", entity),
            books.id,
            everything=True,
        )

    with connect(dsn) as other, warehouse.transaction():
        bring(warehouse, "receipts")
        other.execute("set lock_timeout = '200ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            bring(other, "purchase_invoices")
    with connect(dsn) as other:
        bring(other, "purchase_invoices")


def balance(books: Books, account: str) -> Decimal:
    found: Decimal
    [(found,)] = rows(
        books,
        "select sum(amount_base) from mart.fact_journal_entries where agreement_id = %(id)s "
        f"and account_number = '{account}'",
    )
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_core_and_mart_are_the_same_in_whatever_order_entities_land(
    warehouse: Connection, seed: int
) -> None:
    dice = random.Random(seed)
    books = golden(warehouse, f"order{seed}")
    entities = [name for name in books.records if name != "administrations"]
    dice.shuffle(entities)
    for entity in ("administrations", *entities):
        books.land(entity)
        books.refresh()
    assert_core_as_rebuilt(books)
    books.change("tax_rates", "t21", percentage="22.0")
    books.change("contacts", "c1", company_name="Bakkerij")
    books.change("projects", "p1", name="Winkel")
    books.change("ledger_accounts", "a4600old", account_id="4601")
    books.change("receipts", "P2", currency="EUR", exchange_rate="1.0")
    books.remove("sales_invoices", "S1")
    dice.shuffle(entities)
    for entity in entities:
        books.land(entity)
        books.refresh()
    assert_core_as_rebuilt(books)


def test_tax_rates_that_land_later_reach_the_lines_of_invoices_and_drafts(
    warehouse: Connection,
) -> None:
    books = golden(warehouse, "late")
    rates = books.records.pop("tax_rates")
    books.night()
    query = (
        "select invoice_number, vat_rate_percent, vat_amount from mart.fact_invoice_lines "
        "where agreement_id = %(id)s order by 1"
    )
    assert rows(books, query) == [("2026-0001", None, None), ("S2", None, None)]
    books.records["tax_rates"] = rates
    books.night()
    assert rows(books, query) == [
        ("2026-0001", Decimal(21), Decimal(210)),
        ("S2", Decimal(21), Decimal("2.10")),
    ]
    assert_core_as_rebuilt(books)


def test_a_bank_line_that_pays_what_is_not_posted_is_posted(warehouse: Connection) -> None:
    """A document without lines is none; the money has left the bank all the same."""
    books = golden(warehouse, "unposted")
    paid = payment(
        "Y9", "30.0", "2026-03-04", financial_mutation_id="M9", financial_account_id="b1"
    )
    books.add("purchase_invoices", purchase("P9", "2026-03-04", "0.0", "0.0", [], payments=[paid]))
    nowhere = mutation("M0", "2026-03-04", "-5.0", open="-5.0", financial_account_id=None)
    books.add(
        "financial_mutations", mutation("M9", "2026-03-04", "-30.0", payments=[paid]), nowhere
    )
    books.night()
    assert balance(books, "1100") == Decimal("5050.05")
    assert balance(books, "none") == Decimal(-5)
    # It gets its lines: the payment is its own, and the bank's no longer.
    books.change("purchase_invoices", "P9", details=[detail("P9a", "a4500", "24.79")],
                 total_price_excl_tax="24.79", total_price_incl_tax="30.0", total_price_excl_tax_base="24.79",
                 total_price_incl_tax_base="30.0")  # fmt: skip
    books.night()
    assert balance(books, "1100") == Decimal("5050.05")
    assert_core_as_rebuilt(books)


def test_a_payment_in_dollars_without_its_base_amount_is_worth_the_documents_rate(
    warehouse: Connection,
) -> None:
    books = golden(warehouse, "unbased")
    paid = payment(
        "Y8", "50.0", "2026-03-04", financial_mutation_id="M8", financial_account_id="b1"
    )
    paid["price_base"] = None
    books.add("receipts", purchase(
        "P8", "2026-03-04", "100.0", "121.0", [detail("P8a", "a4500", "100.0", base="92.0")], bases=("92.0", "111.32"),
        currency="USD", exchange_rate="0.92", payments=[paid],
    ))  # fmt: skip
    books.add("financial_mutations", mutation("M8", "2026-03-04", "-46.0", payments=[paid]))
    books.night()
    assert balance(books, "1100") == Decimal("5034.05")
    assert rows(
        books,
        "select paid_amount_base from mart.fact_purchase_documents where agreement_id = %(id)s "
        "and document_number = 'P8'",
    ) == [(Decimal(46),)]


def test_one_payment_of_two_documents_is_an_error_that_names_it(warehouse: Connection) -> None:
    books = golden(warehouse, "twice")
    books.change("purchase_invoices", "P3", payments=[payment("Y1", "1.82", "2026-03-04")])
    books.land()
    with pytest.raises(BadResponse, match=r"'twice'.*Y1.*party"):
        books.refresh()
