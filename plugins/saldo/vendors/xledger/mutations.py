"""What Xledger answers to a mutation, and what of it proves that nothing was done.

A refusal comes with HTTP 200, `data: null` and errors about the inputs. Errors beside data, and errors in other words (it timed out, it
failed), prove nothing: the outcome is unknown until it is looked up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from saldo.errors import BadResponse, Evidence, RateLimited, VendorError
from saldo.staging.records import tolerant
from saldo.transport import Caller, Reply

from .graphql_errors import GraphqlError, may_say_errors, rate_limited, says_late, says_rights


class File(msgspec.Struct, frozen=True):
    """A part of a request. part: what an input names it by."""

    part: str
    name: str
    content_type: str
    content: bytes


class InputError(msgspec.Struct, frozen=True):
    """What is wrong with an input. place: the first number in its path; client_id: of the input. Both None where it is not told."""

    message: str
    place: int | None = None
    client_id: str | None = None


class MutationRefused(BadResponse):
    """Xledger refuses a mutation as a whole for its inputs: nothing was done."""

    inputs: tuple[InputError, ...] = ()

    @property
    def family(self) -> str:
        return BadResponse.__name__


class NoRight(msgspec.Struct, frozen=True):
    """The token may not do it."""

    message: str


class _Answer(msgspec.Struct):
    data: msgspec.Raw = msgspec.Raw(b"null")
    errors: Any = None


_answer = tolerant(msgspec.json.Decoder(_Answer).decode)
#: Of an input whose code nobody has; it has been seen without any code of an error.
_OF_INPUTS = "no value matching"
Refusal = tuple[InputError, ...]


def outcome(body: bytes) -> bytes | Refusal | NoRight:
    """The data, or what was refused. Raises msgspec.ValidationError for what proves neither."""
    found = _answer(body)
    errors = _errors(found.errors)
    data = bytes(found.data)
    if not errors and not _is_nothing(data):
        return data
    said = [GraphqlError.of(one) for one in errors]
    if not errors or not _is_nothing(data) or any(map(says_late, said)):
        raise msgspec.ValidationError("errors that do not say whether it was done")
    if all(map(_is_of_inputs, said)):
        return tuple(_input_error(one) for one in errors)
    if any(says_rights(one) for one in said):
        return NoRight(said[0].said)
    raise msgspec.ValidationError("errors that do not say whether it was done")


def refusal_of_write(
    caller: Caller, reply: Reply, evidence: Callable[[], Evidence]
) -> VendorError | None:
    """See Dialect.refusal, of a write: limits, and refusals that come with HTTP 400. What comes with 200 is read by `outcome`."""
    if not may_say_errors(reply):
        return None
    try:
        found = _answer(reply.body)
    except msgspec.DecodeError:
        return None
    errors = _errors(found.errors)
    if not _is_nothing(bytes(found.data)):
        return None
    limit: RateLimited | None = rate_limited(caller, [GraphqlError.of(e) for e in errors], evidence)
    if limit or reply.status != 400:
        return limit
    return refused(caller, tuple(_input_error(one) for one in errors), evidence())


def refused(caller: Caller, inputs: Refusal, evidence: Evidence | None = None) -> MutationRefused:
    said = "; ".join(one.message for one in inputs[:5])
    error = MutationRefused(f"{caller.name}: Xledger refuses what was sent: {said}", evidence)
    error.inputs = inputs
    return error


def _errors(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found] if found else []


def _is_of_inputs(error: GraphqlError) -> bool:
    return error.is_of_query or error.code == "BAD_REQUEST" or _OF_INPUTS in error.message


def _is_nothing(data: bytes) -> bool:
    """Whether no root field has an answer."""
    found = msgspec.json.decode(data)
    return found is None or (isinstance(found, dict) and not any(found.values()))


def _input_error(found: Any) -> InputError:
    fields = found if isinstance(found, dict) else {}
    path = fields.get("path")
    place = (
        next((one for one in path if type(one) is int), None) if isinstance(path, list) else None
    )
    extensions = fields.get("extensions")
    client_id = extensions.get("clientId") if isinstance(extensions, dict) else None
    return InputError(
        GraphqlError.of(found).said, place, None if client_id is None else str(client_id)
    )
