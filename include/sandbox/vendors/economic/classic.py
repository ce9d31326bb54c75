"""The classic REST family: one collection a resource, offset paging, links."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from . import (
    chart,
    economic_json,
    economic_products,
    economic_registers,
    economic_sales,
    economic_totals,
    people,
    products,
    registers,
)
from .calendar import years
from .economic_collection import whole_list
from .economic_errors import as_json, classic_error, missing_module
from .filters import parse
from .state import Book

#: What needs a module that not every agreement has bought.
LICENSED = ("departments", "departmental-distributions")
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
    return (economic_json.accounting_year(year, base) for year in found)


def _customers(book: Book, base: str) -> Iterable[Row]:
    sums = book.ledger.customer_sums
    for item in people.customers(book.company, book.day):
        balance, due = sums.get(item.number, (0, 0))
        yield economic_json.customer(item, base, balance=balance, due=due)


RESOURCES: dict[str, Rows] = {
    "accounts": _of_day(economic_json.account, chart.accounts),
    "accounting-years": _accounting_years,
    "customers": _customers,
    "suppliers": _of_company(economic_json.supplier, people.suppliers),
    "departments": _of_day(economic_registers.department, registers.departments),
    "departmental-distributions": _of_day(economic_registers.distribution, registers.distributions),
    "journals": _of_day(economic_registers.journal, registers.journals),
    "customer-groups": _of_day(economic_registers.customer_group, registers.customer_groups),
    "payment-terms": _of_day(economic_registers.payment_terms, registers.payment_terms),
    "vat-accounts": _of_day(economic_registers.vat_account, registers.vat_accounts),
    "vat-types": _of_day(economic_registers.vat_type, lambda day: registers.vat_types()),
    "vat-zones": _of_day(economic_registers.vat_zone, registers.vat_zones),
    "currencies": _of_day(economic_registers.currency, registers.currencies),
    "employees": _of_day(economic_registers.employee, registers.employees),
    "products": _of_company(economic_products.product, products.products),
    "product-groups": _of_day(economic_products.product_group, products.product_groups),
    "units": _of_day(economic_products.unit, products.units),
}


def answer(request: Request, book: Book, path: str) -> Response:
    base = f"{request.base_url}economic/rest"
    if path == "self":
        return as_json(economic_json.self_resource(book.company, base))
    totals = economic_totals.wanted(book, path)
    if totals is not None:
        found = list(economic_totals.rows(book, totals, base))
        return whole_list(request, f"{base}/{path}", found, [])
    if path.partition("/")[0] in economic_sales.SERVED:
        return economic_sales.answer(request, book, base, path)
    if path not in RESOURCES:
        return classic_error(404, "Resource not found.", "E06000")
    if path in LICENSED and not book.company.departments:
        return missing_module(request)
    clauses = parse(request.query_params.get("filter"), FILTERABLE.get(path, {}))
    return whole_list(request, f"{base}/{path}", list(RESOURCES[path](book, base)), clauses)
