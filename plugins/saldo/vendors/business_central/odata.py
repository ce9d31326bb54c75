"""Questions and records as OData has them: filters over one field, records with exact numbers, options as they are read.

Source: https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/odata-known-limitations. `or` joins
conditions on one field only, and a lambda is ignored without a word, so that neither is ever made here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

T = TypeVar("T")
Row = dict[str, Any]

#: Conditions of a filter: some 1,500 characters of an address.
MOST_OF_A_FILTER = 20
#: How a record is written that nobody sees, and an option's caption: in XML's names.
_ENCODED = re.compile(r"_x([0-9A-Fa-f]{4})_")
NO_ID = "00000000-0000-0000-0000-000000000000"


class Page(msgspec.Struct):
    value: list[Row]
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")


#: Numbers with decimals come as Decimal, digit by digit.
decode_page = msgspec.json.Decoder(Page, float_hook=Decimal).decode
_encoder = msgspec.json.Encoder(decimal_format="number")


def encode(body: Any) -> bytes:
    """JSON; a Decimal is a number with all its digits."""
    return _encoder.encode(body)


@dataclass(frozen=True)
class Query:
    """A list of a company. path: below it; filter, select, expand: as OData writes them, empty for none."""

    path: str
    filter: str = ""
    select: str = ""
    expand: str = ""

    @property
    def url(self) -> str:
        """Below the company."""
        options = {"$filter": self.filter, "$select": self.select, "$expand": self.expand}
        asked = [
            f"{name}={quote(value, safe='(),=$;')}" for name, value in options.items() if value
        ]
        return f"{self.path}?{'&'.join(asked)}" if asked else self.path


def is_any(field: str, values: Iterable[str], *, quoted: bool = True) -> list[str]:
    """Filters that together find records whose field is one of these; each has few enough to keep an address short."""
    literals = [_literal(value) if quoted else value for value in dict.fromkeys(values)]
    return [" or ".join(f"{field} eq {one}" for one in part) for part in parts(literals, MOST_OF_A_FILTER)]  # fmt: skip


def parts(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Pieces of at most so many, in their order."""
    return (values[start : start + size] for start in range(0, len(values), size))


def option(value: str) -> str:
    """An option's caption as people read it: `G_x002F_L_x0020_Account` is G/L Account."""
    return _ENCODED.sub(lambda found: chr(int(found[1], 16)), value).strip()


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
