"""What the forms of an export's page say, as what the routes of programs take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError

from saldo.api.accounting_exports.bodies import BookedBody, EditedLineBody, LinesBody, RetryBody
from saldo.api.accounting_exports.decisions import Seen
from saldo.api.answers import Problem

from .overrides import Place, written

#: Characters of a note, as of a message.
_LONGEST_NOTE = 1_000
Typed = Mapping[str, str]
Body = TypeVar("Body", bound=BaseModel)


async def _typed(request: Request) -> Typed:
    """The fields of a form; the last of those with one name."""
    form = await request.form(max_files=0, max_fields=5_000)
    return {name: value for name, value in form.items() if isinstance(value, str)}


#: Fields of forms that are made of the claim's own lines and codes.
Form = Annotated[Typed, Depends(_typed)]


def seen(typed: Typed) -> Seen:
    """What the person looked at. Raises Problem 422 for a form that no page of ours made."""
    note = " ".join(typed.get("note", "").replace("\0", "").split())[:_LONGEST_NOTE]
    return Seen(at=moment(typed.get("seen", "")), note=note)


def moment(text: str) -> datetime:
    """An export's `updated_at`, as a form has it. Raises Problem 422."""
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return found
    except ValueError:
        pass
    raise Problem(
        422, "This form is none of Saldo's", "Load the page of the export, and fill it in there."
    )


def retry(typed: Typed, places: list[Place], before: Mapping[str, Any] | None) -> RetryBody:
    """Raises Problem 422. before: what stands over the mapping now."""
    over = written(places, typed, {} if typed.get("drop") else before)
    return _read(
        RetryBody,
        {
            "override": None if over == (before or {}) else over,
            "accept_second": typed.get("accept_second") == "yes",
        },
    )


def booked(typed: Typed) -> BookedBody:
    """Raises Problem 422."""
    reference = typed.get("reference", "").strip()
    if not reference:
        raise Problem(
            422,
            "The number is missing",
            "Write the number that the voucher has in the accounting system.",
        )
    return _read(BookedBody, {"reference": reference})


def lines(typed: Typed, stored: Sequence[Mapping[str, Any]]) -> LinesBody:
    """What was changed in the lines. stored: they as they are. Raises Problem 422, also where nothing was."""
    changed = [change for line in stored if len(change := _changes(typed, line)) > 1]
    if not changed:
        raise Problem(
            422,
            "Nothing was changed",
            "Change what is wrong in a line, or try the export again as it is.",
        )
    return _read(LinesBody, {"lines": [_read(EditedLineBody, one) for one in changed]})


def _changes(typed: Typed, line: Mapping[str, Any]) -> dict[str, Any]:
    prefix, found = f"line-{line['line']}-", {"line": line["line"]}
    for name in ("category", "text", "date"):
        value = typed.get(prefix + name)
        if value is not None and _plain(value) != _plain(line[name]):
            found[name] = _plain(value)
    code = typed.get(prefix + "vat_code")
    if code is not None and (code.strip() or None) != line.get("vat_code"):
        found["vat_code"] = code.strip() or None
    dimensions = _dimensions(typed, f"{prefix}dimension-")
    if dimensions is not None and dimensions != (line.get("dimensions") or {}):
        found["dimensions"] = dimensions
    return found


def _dimensions(typed: Typed, prefix: str) -> dict[str, str] | None:
    """None where the form has no field for them."""
    fields = {name: value.strip() for name, value in typed.items() if name.startswith(prefix)}
    if not fields:
        return None
    return {name.removeprefix(prefix): value for name, value in fields.items() if value}


def _plain(text: str) -> str:
    """A form sends its line breaks in its own way."""
    return text.replace("\r\n", "\n").strip()


def _read(model: type[Body], values: Mapping[str, Any]) -> Body:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        raise Problem(
            422, "This cannot be taken", "Correct what is named.", more={"problems": wrong}
        ) from None
