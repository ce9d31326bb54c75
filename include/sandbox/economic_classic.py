"""The classic REST family: one collection a resource, offset paging, links."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from . import chart, economic_json, economic_registers, people, registers
from .calendar import years
from .economic_errors import as_json, classic_error, missing_module
from .filters import Clause, parse
from .state import Book

MAX_PAGE = 1000
#: What needs a module that not every agreement has bought.
LICENSED = ("departments", "departmental-distributions")
FILTERABLE: dict[str, dict[str, Callable[[str], Any]]] = {
    "customers": {"lastUpdated": str, "customerNumber": int},
    "employees": {"employeeNumber": int},
    "journals": {"journalNumber": int},
    "customer-groups": {"customerGroupNumber": int},
    "departments": {"departmentNumber": int},
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


RESOURCES: dict[str, Rows] = {
    "accounts": _of_day(economic_json.account, chart.accounts),
    "accounting-years": _accounting_years,
    "customers": _of_company(economic_json.customer, people.customers),
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
}


def answer(request: Request, book: Book, path: str) -> Response:
    base = f"{request.base_url}economic/rest"
    if path == "self":
        return as_json(economic_json.self_resource(book.company, base))
    if path not in RESOURCES:
        return classic_error(404, "Resource not found.", "E06000")
    if path in LICENSED and not book.company.departments:
        return missing_module(request)
    clauses = parse(request.query_params.get("filter"), FILTERABLE.get(path, {}))
    return _collection(request, base, path, list(RESOURCES[path](book, base)), clauses)


def _collection(
    request: Request, base: str, path: str, rows: list[Row], clauses: list[Clause]
) -> Response:
    try:
        size = int(request.query_params.get("pagesize", 20))
        skip = int(request.query_params.get("skippages", 0))
    except ValueError:
        size = skip = -1
    if not 1 <= size <= MAX_PAGE or skip < 0:
        return classic_error(400, "The page size is not valid.", "E04810")
    kept = [row for row in rows if all(c.matches(row.get(c.field)) for c in clauses)]
    last = max(0, -(-len(kept) // size) - 1)
    more = {k: v for k, v in request.query_params.items() if k not in ("skippages", "pagesize")}

    def link(page: int) -> str:
        return f"{base}/{path}?{urlencode({'skippages': page, 'pagesize': size, **more})}"

    paging: dict[str, Any] = {
        "maxPageSizeAllowed": MAX_PAGE,
        "skipPages": skip,
        "pageSize": size,
        "results": len(kept),
        "resultsWithoutFilter": len(rows),
        "firstPage": link(0),
        "lastPage": link(last),
    }
    if skip < last:
        paging["nextPage"] = link(skip + 1)
    page = kept[skip * size : (skip + 1) * size]
    return as_json({"collection": page, "pagination": paging, "self": link(skip)})
