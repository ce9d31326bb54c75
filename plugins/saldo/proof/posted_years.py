"""Accounting years, of a vendor that has none of its own: ours are calendar years, made of what is posted."""

from __future__ import annotations

from typing import Any

from saldo.declarations.controls import AccountTotals, BooksYear
from saldo.paths import SQL_DIR
from saldo.transform.derived import derived_files
from saldo.vendors.vendor import Vendor
from saldo.warehouse.connection import Connection, read_sql


def are_made_of_postings(vendor: Vendor) -> bool:
    """Whether a year that only the vendor knows is an empty one here, and not one that has not landed."""
    return "core.accounting_year" in derived_files(vendor.name)


def years_of(
    connection: Connection, agreement_id: str, vendor: Vendor, totals: AccountTotals | None
) -> tuple[list[BooksYear], list[str]]:
    """(the years to compare, the oldest first; notes of what is in none of them)

    Those the vendor tells of, and where they are made of postings also others in which something is posted: a document
    dated next January, say. A year in which nothing is costs nothing, however far the posted ones are apart. Raises as
    AccountTotals.years.
    """
    told = totals.years() if totals else []
    if not totals or not are_made_of_postings(vendor):
        return told, []
    values = {"agreement_id": agreement_id, "known": [year.label for year in told]}
    beside = [BooksYear(*row) for row in _rows(connection, "posted_years", values)]
    return sorted([*told, *beside], key=lambda year: year.start), _undated(
        connection, agreement_id, vendor
    )


def _undated(connection: Connection, agreement_id: str, vendor: Vendor) -> list[str]:
    [(count, first, last, vouchers)] = _rows(
        connection, "outside_years", {"agreement_id": agreement_id}
    )
    if not count:
        return []
    dated = f"{first}" if first == last else f"{first} to {last}"
    return [
        f"{count} postings dated {dated} are in no accounting year and were not compared (vouchers such as "
        f"{', '.join(vouchers)}): correct their dates at {vendor.title}"
    ]


def _rows(connection: Connection, name: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    query = read_sql(SQL_DIR / "proof" / f"{name}.sql")
    return connection.execute(query.encode(), values).fetchall()
