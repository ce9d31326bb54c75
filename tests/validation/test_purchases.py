"""What is wrong with purchase documents is found and named."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from saldo.validation import validate
from saldo.validation.rules import CRITICAL, WARNING
from saldo.warehouse.connection import connect
from tests.moneybird_books import Books, golden, moneybird_agreement

TABLE = "fact_purchase_documents"


@pytest.fixture(scope="module")
def books(dsn: str) -> Iterator[Books]:
    with connect(dsn) as connection:
        found = golden(connection, "bought")
        found.night()
        assert broken(dsn, found, "first") == {}
        yield found


@pytest.fixture
def damaged(books: Books) -> Iterator[Books]:
    """Books for damage; afterwards they are written anew."""
    yield books
    books.refresh("full")


def broken(dsn: str, books: Books, run_id: str = "run") -> dict[str, tuple[str, str]]:
    """Name of a broken rule on the fact -> (severity, what is told of the rows)."""
    with connect(dsn) as connection:
        outcome = validate(connection, dsn, moneybird_agreement(books.id), run_id=run_id)
    return {
        f.rule.name: (f.rule.severity, str(f.examples))
        for f in (*outcome.broken, *outcome.warned)
        if f.rule.table == TABLE
    }


@pytest.mark.parametrize(
    ("damage", "rules", "named"),
    [
        (
            "update mart.{t} set tax_amount = tax_amount + 1, gross_amount = gross_amount + 1 where line_id = 'P1a' "
            "and agreement_id = 'bought'",
            {"purchase_lines_are_the_documents": CRITICAL, "purchase_taxes_are_small_roundings": WARNING},
            "P1",
        ),
        (
            "update mart.{t} set net_amount = net_amount - 0.5, gross_amount = gross_amount - 0.5 where line_id = 'P3c' "
            "and agreement_id = 'bought'",
            {
                "purchase_lines_are_the_documents": CRITICAL,
                "purchase_lines_come_to_the_total_without_tax": CRITICAL,
                "purchase_taxes_are_small_roundings": WARNING,
            },
            "P3",
        ),
        (
            "delete from mart.{t} where line_id = 'P2a' and agreement_id = 'bought'",
            {"purchase_lines_are_the_documents": CRITICAL},
            "P2",
        ),
        (
            "update mart.{t} set kind = 'quote' where line_id = 'P2a' and agreement_id = 'bought'",
            {"allowed": CRITICAL},
            "P2",
        ),
    ],
)  # fmt: skip
def test_damage_is_found(
    damaged: Books, dsn: str, damage: str, rules: dict[str, str], named: str
) -> None:
    damaged.connection.execute(damage.format(t=TABLE).encode())
    found = broken(dsn, damaged)
    assert {name: severity for name, (severity, _) in found.items()} == rules
    assert all(named in told for _, told in found.values())


def test_a_tax_rate_nobody_knows_is_told(books: Books, dsn: str) -> None:
    line = books.records["purchase_invoices"]["P1"]["details"][0]
    books.change("purchase_invoices", "P1", details=[
        {**line, "tax_rate_id": "tgone"}, *books.records["purchase_invoices"]["P1"]["details"][1:],
    ])  # fmt: skip
    books.night()
    found = broken(dsn, books)
    assert set(found) == {"known", "purchase_taxes_are_small_roundings"}
    assert {severity for severity, _ in found.values()} == {WARNING}
