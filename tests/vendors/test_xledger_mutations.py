"""Answers to mutations: which prove that it was done, which that it was not, and which prove nothing."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from saldo.errors import Evidence, RateLimited
from saldo.transport import Caller, Reply
from saldo.vendors.xledger.mutations import (
    InputError,
    MutationRefused,
    NoRight,
    outcome,
    refusal_of_write,
)

CALLER = Caller("xledger", "odd", "xledger_odd")
UNKNOWN_CODE = {
    "message": "account.code: No value matching owner 1, code '9'.",
    "extensions": {"code": "INVALID_VALUE"},
}
DONE = {"addGLImportItems": {"edges": [{"clientId": "1-1", "node": {"dbId": "1"}}]}}


def answered(data: Any, *errors: Any) -> Any:
    return outcome(
        json.dumps({"data": data, **({"errors": list(errors)} if errors else {})}).encode()
    )


def test_data_without_errors_is_done() -> None:
    assert json.loads(answered(DONE)) == DONE


@pytest.mark.parametrize("data", [None, {"addGLImportItems": None}])
@pytest.mark.parametrize(
    ("error", "place", "client_id"),
    [
        (UNKNOWN_CODE, None, None),
        (UNKNOWN_CODE | {"path": ["addGLImportItems", "inputs", 3, "node"]}, 3, None),
        (UNKNOWN_CODE | {"extensions": {"code": "INVALID_VALUE", "clientId": 7}}, None, "7"),
        ({"message": UNKNOWN_CODE["message"]}, None, None),
        ({"message": "inputs: too many", "code": "BAD_REQUEST"}, None, None),
        ({"message": "Cannot query field 'x' on type 'Mutation'."}, None, None),
    ],
)  # fmt: skip
def test_errors_about_inputs_without_data_are_a_refusal(
    data: Any, error: dict[str, Any], place: int | None, client_id: str | None
) -> None:
    assert answered(data, error) == (InputError(error["message"], place, client_id),)


@pytest.mark.parametrize(
    ("data", "errors"),
    [
        (DONE, [UNKNOWN_CODE]),
        (None, []),
        ({"addGLImportItems": None}, []),
        (None, [{"message": "Your query timed out.", "code": "BAD_REQUEST"}]),
        (None, [{"message": "Execution Timeout Expired.", "code": "BAD_REQUEST"}]),
        (None, [{"message": "An unexpected error occurred.", "code": "UNHANDLED_ERROR"}]),
        (None, [UNKNOWN_CODE, {"message": "Odd."}]),
        (None, ["odd"]),
    ],
)  # fmt: skip
def test_what_proves_nothing(data: Any, errors: list[Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        answered(data, *errors)


def test_a_right_that_lacks() -> None:
    told = "Not authorized: the field `addGLImportItems` needs a scope the token lacks."
    assert answered(None, {"message": told, "code": "UNHANDLED_ERROR"}) == NoRight(told)


def test_limits_and_refusals_with_status_400() -> None:
    def refused(status: int, body: Any) -> Any:
        return refusal_of_write(CALLER, Reply(status, {}, json.dumps(body).encode()), Evidence)

    limit = {"message": "x", "code": "BAD_REQUEST.BURST_RATE_LIMIT_REACHED"}
    assert isinstance(refused(200, {"data": None, "errors": [limit]}), RateLimited)
    assert isinstance(refused(403, {"errors": [limit]}), RateLimited)
    assert refused(403, {"errors": [UNKNOWN_CODE]}) is None
    # Where something was done, no limit says that nothing was.
    assert refused(200, {"data": DONE, "errors": [limit]}) is None
    assert refused(200, {"data": None, "errors": [UNKNOWN_CODE]}) is None
    found = refused(400, {"errors": [UNKNOWN_CODE]})
    assert isinstance(found, MutationRefused)
    assert (found.family, found.may_be_done) == ("BadResponse", False)
    assert refused(503, {"errors": [limit]}) is None
    assert refused(200, {"data": DONE}) is None
