"""The classic REST family: one collection a resource, offset paging, links."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.books import chart, people, products, registers
from sandbox.books.book import Book
from sandbox.books.calendar import years
from sandbox.http import as_json

from . import sales, totals
from .access import options_of
from .collection import whole_list
from .errors import classic_error
from .filters import parse
from .shapes import ledger as shapes
from .shapes import products as product_shapes
from .shapes import registers as register_shapes

FILTERABLE: dict[str, dict[str, Callable[[str], Any]]] = {
    "customers": {"lastUpdated": str, "customerNumber": int},
    "employees": {"employeeNumber": int},
    "journals": {"journalNumber": int},
    "customer-groups": {"customerGroupNumber": int},
    "departments": {"departmentNumber": int},
    "products": {"lastUpdated": str, "productNumber": str, "name": str},
    "product-groups": {"productGroupNumber": int},
    "units": {"unitNumber": int, "name": str},
}
Row = dict[str, Any]
Rows = Callable[[Book, str], Iterable[Row]]


def _of_day(make: Callable[[Any, str], Row], rows: Callable[[int], Iterable[Any]]) -> Rows:
    return lambda book, base: (make(row, base) for row in rows(book.day))


def _of_company(make: Callable[[Any, str], Row], rows: Callable[..., Iterable[Any]]) -> Rows:
    return lambda book, base: (make(row, base) for row in rows(book.company, book.day))


def _accounting_years(book: Book, base: str) -> Iterable[Row]:
    found = years(book.company, today=book.ledger.today)
    return (shapes.accounting_year(year, base) for year in found)


def _customers(book: Book, base: str) -> Iterable[Row]:
    sums = book.ledger.customer_sums
    for item in people.customers(book.company, book.day):
        balance, due = sums.get(item.number, (0, 0))
        yield shapes.customer(item, base, balance=balance, due=due)


RESOURCES: dict[str, Rows] = {
    "accounts": _of_day(shapes.account, chart.accounts),
    "accounting-years": _accounting_years,
    "customers": _customers,
    "suppliers": _of_company(shapes.supplier, people.suppliers),
    "departments": _of_day(register_shapes.department, registers.departments),
    "departmental-distributions": _of_day(register_shapes.distribution, registers.distributions),
    "journals": _of_day(register_shapes.journal, registers.journals),
    "customer-groups": _of_day(register_shapes.customer_group, registers.customer_groups),
    "payment-terms": _of_day(register_shapes.payment_terms, registers.payment_terms),
    "vat-accounts": _of_day(register_shapes.vat_account, registers.vat_accounts),
    "vat-types": _of_day(register_shapes.vat_type, lambda day: registers.vat_types()),
    "vat-zones": _of_day(register_shapes.vat_zone, registers.vat_zones),
    "currencies": _of_day(register_shapes.currency, registers.currencies),
    "employees": _of_day(register_shapes.employee, registers.employees),
    "products": _of_company(product_shapes.product, products.products),
    "product-groups": _of_day(product_shapes.product_group, products.product_groups),
    "units": _of_day(product_shapes.unit, products.units),
}


def answer(request: Request, book: Book, path: str) -> Response:
    base = f"{request.base_url}economic/rest"
    if path == "self":
        return as_json(shapes.self_resource(book.company, base))
    wanted = totals.wanted(book, path)
    if wanted is not None:
        found = list(totals.rows(book, wanted, base, options_of(request)))
        return whole_list(request, f"{base}/{path}", found, [])
    if path.partition("/")[0] in sales.SERVED:
        return sales.answer(request, book, base, path)
    if path not in RESOURCES:
        return classic_error(404, "Resource not found.", "E06000")
    clauses = parse(request.query_params.get("filter"), FILTERABLE.get(path, {}))
    return whole_list(request, f"{base}/{path}", list(RESOURCES[path](book, base)), clauses)
