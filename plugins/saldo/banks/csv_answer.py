"""Answers in CSV: whole or not at all."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import BytesIO, TextIOWrapper

import msgspec

from saldo.errors import BadResponse


def whole(body: bytes) -> bytes:
    """The body as it is. Raises msgspec.DecodeError for one that is cut off, or a web page: the transport asks again.

    Every line of these services ends with a line end: without the last one, a rate may have lost digits.
    """
    text = body.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text and (text.startswith(b"<") or not body.endswith(b"\n")):
        raise msgspec.DecodeError("no complete CSV")
    return body


def rows(
    body: bytes | None, *, separator: str, needs: tuple[str, ...], who: str
) -> Iterator[dict[str, str]]:
    """The lines of an answer by the names of their columns; none of an empty one.

    who: for messages. Raises BadResponse for a column that is missing, and for a line without it.
    """
    text = TextIOWrapper(BytesIO(body or b""), encoding="utf-8-sig", newline="")
    lines = csv.DictReader(text, delimiter=separator)
    try:
        names = lines.fieldnames or ()
        if missing := [name for name in needs if names and name not in names]:
            raise BadResponse(
                f"{who}: the answer has no column {', '.join(missing)}; compare the declaration with the bank's "
                "documentation"
            )
        for line in lines:
            if any(line[name] is None for name in needs):
                raise BadResponse(
                    f"{who}: line {lines.line_num} has too few columns; tell the bank"
                )
            yield line
    except (csv.Error, UnicodeDecodeError) as error:
        raise BadResponse(
            f"{who}: the answer cannot be read as CSV in UTF-8 ({type(error).__name__}); compare the declaration "
            "with the bank's documentation"
        ) from None
