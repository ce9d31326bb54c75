"""Business Central's errors: a status, a code of one of its families, and a text with a correlation id."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

from starlette.requests import Request
from starlette.responses import Response

from sandbox.faults.fault import Fault
from sandbox.http import as_json

_SPACE = UUID("a1c5f1de-0000-4000-8000-00000000c0de")


class Refused(Exception):
    """What cannot be done: status, code, text."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status, self.code, self.text = status, code, text


def body_of(code: str, text: str) -> dict[str, Any]:
    """The id at the end is the vendor's for one request; here the same words have the same one."""
    told = f"{text}  CorrelationId:  {uuid5(_SPACE, code + text)}."
    return {"error": {"code": code, "message": told}}


def refuse(request: Request, status: int, message: str, code: str) -> Response:
    return as_json(body_of(code, message), status)


def bad_token(request: Request) -> Response:
    told = "The server has rejected the client credentials."
    return refuse(request, 401, told, "Authentication_InvalidCredentials")


def no_rights(request: Request) -> Response:
    return refuse(request, 403, "The app may not read this table.", "Authorization_RequestDenied")


def throttled(request: Request, fault: Fault) -> Response:
    """The vendor promises no Retry-After: it comes where a fault asks for it."""
    response = too_many(request)
    response.headers.update(fault.headers())
    return response


def too_many(request: Request) -> Response:
    told = "Too many requests reached. Please wait and try again."
    return refuse(request, 429, told, "Application_TooManyRequests")


# --- what a request cannot do --------------------------------------------------------------------


def malformed(text: str) -> Refused:
    return Refused(400, "BadRequest", text)


def not_found(text: str = "No HTTP resource was found.") -> Refused:
    return Refused(404, "BadRequest_NotFound", text)


def no_such_segment(name: str) -> Refused:
    told = f"Resource not found for the segment '{name}'."
    return Refused(400, "BadRequest_ResourceNotFound", told)


def no_etag() -> Refused:
    told = (
        "Could not validate the client concurrency token required by the service. Please provide a valid token "
        "in the client request."
    )
    return Refused(400, "BadRequest_InvalidToken", told)


def changed() -> Refused:
    told = "Another user has already changed the record."
    return Refused(409, "Request_EntityChanged", told)


def rule(text: str) -> Refused:
    """A rule of the business, in words."""
    return Refused(400, "Application_DialogException", text)


def field_value(text: str) -> Refused:
    """A field that misses its value, or has one that may not be."""
    return Refused(400, "Application_FieldValidationException", text)


def unrelated(field: str, value: str, table: str, related: str) -> Refused:
    told = (
        f"The field {field} of table {table} contains a value ({value}) that cannot be found in the "
        f"related table ({related})."
    )
    return Refused(400, "Internal_InvalidTableRelation", told)


def same_key(table: str, key: str) -> Refused:
    told = f"The record in table {table} already exists. Identification fields and values: {key}"
    return Refused(400, "Internal_EntityWithSameKeyExists", told)


def locked() -> Refused:
    told = (
        "The operation could not complete because a record in the table was locked by another user. "
        "Please retry the activity."
    )
    return Refused(500, "Internal_ServerError", told)
