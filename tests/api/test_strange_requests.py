"""Requests that nobody thought of: schemathesis makes them from the OpenAPI document, and looks at what is answered."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from saldo.api.openapi import document
from saldo.warehouse.connection import Connection
from tests.api.exporting import organisations
from tests.exports.accounting.register import put, registered, stored
from tests.exports.support import Books
from tests.support import IS_WHOLE_SUITE

__all__ = ["organisations"]

EXAMPLES = int(os.environ.get("SALDO_TEST_EXAMPLES", "10" if IS_WHOLE_SUITE else "6"))


def what_is_forbidden_is_refused(context: Any, response: Any, case: Any) -> Any:
    """Of requests that were sent as they were made: a parameter that is an empty list is not sent at all."""
    sent = parse_qsl(urlsplit(response.request.url).query, keep_blank_values=True)
    if {*(case.query or {})} - {name for name, _ in sent}:
        return None
    return negative_data_rejection(context, response, case)


#: Whatever is asked: an answer that the document tells of, never trouble in the server, and nothing accepted that it forbids.
#: What it allows may be refused all the same: an id may be unknown, and a file registered.
CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    what_is_forbidden_is_refused,
    unsupported_method,
]
SYNC, EXPORT, FILES = (
    f"/api/v1/purchases/{{agreement_id}}/{what}" for what in ("sync", "export", "files")
)
EXPORTS = "/api/v1/accounting-exports"
ONE = f"{EXPORTS}/{{export_id}}"
OPERATIONS = [
    (SYNC, "GET"), (SYNC, "POST"), (EXPORT, "GET"), (EXPORT, "POST"), (EXPORT, "DELETE"), (f"{EXPORT}/{{request_id}}", "GET"),
    (FILES, "GET"), (FILES, "POST"), (FILES, "DELETE"), (f"{FILES}/{{name}}", "GET"), ("/api/v1/expenses", "POST"),
    (EXPORTS, "GET"), (EXPORTS, "POST"), (f"{EXPORTS}/targets", "GET"), (f"{EXPORTS}/batch", "POST"), (ONE, "GET"), (ONE, "DELETE"),
    (ONE, "PUT"), (f"{ONE}/cancel", "POST"), (f"{ONE}/retry", "POST"), (f"{ONE}/booked", "POST"), (f"{ONE}/lines", "POST"),
]  # fmt: skip


def with_names_there_are(found: dict[str, Any]) -> dict[str, Any]:
    """Requests that are refused at the first field tell nothing about the rest."""
    for name in ("AskBody", "BatchBody"):
        properties = found["components"]["schemas"][name]["properties"]
        properties["organisation"] = {"enum": ["fjell"]}
        properties["target_system"] = {"enum": ["business_central"]}
    found["components"]["schemas"]["AskBody"]["properties"]["expense_id"] = {
        "enum": ["EXP-2026-0001"]
    }
    return found


@pytest.mark.parametrize(
    "mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["good", "bad"]
)
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_strange_requests_get_proper_answers(
    app: FastAPI,
    books: Books,
    organisations: Path,
    warehouse: Connection,
    path: str,
    method: str,
    mode: Any,
) -> None:
    for id in ("1", "2"):
        books.write(id)
    schema = schemathesis.openapi.from_dict(with_names_there_are(document(app)))
    schema.app = app
    named: dict[str, Any] = {}
    if "{agreement_id}" in path:
        named = {"path_parameters": {"agreement_id": "shop"}}
    stored(warehouse)
    if "{export_id}" in path:
        job = registered(warehouse)
        put(warehouse, job, status="review")
        named = {"path_parameters": {"export_id": str(job.export_id)}}
    cases = schema[path][method].as_strategy(generation_mode=mode, **named)

    @given(case=cases)
    @settings(
        max_examples=EXAMPLES, deadline=None, phases=[Phase.generate], derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def ask(case: Any) -> None:
        case.call_and_validate(headers={"Authorization": "Bearer root"}, checks=CHECKS)

    ask()


def test_all_routes_of_purchases_expenses_and_exports_are_asked(app: FastAPI) -> None:
    found = {
        (path, method.upper())
        for path, operations in document(app)["paths"].items()
        for method in operations
        if path.startswith(("/api/v1/purchases/", "/api/v1/expenses", "/api/v1/accounting-exports"))
    }
    assert found == set(OPERATIONS)
