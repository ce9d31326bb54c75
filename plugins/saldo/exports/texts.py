"""Texts of other people as cells may hold them: never a formula, nothing that XML cannot hold, no longer than a cell."""

from __future__ import annotations

import re
from typing import NamedTuple

#: Of UTF-16 units, as Excel counts.
LONGEST = 32_767
_CUT = "…"
#: What stands for a character that cannot be kept.
_LOST = "\N{REPLACEMENT CHARACTER}"
#: XML 1.0 holds tab and line feed of these; half a character of UTF-16, U+FFFE and U+FFFF are none.
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: What a spreadsheet may take for a formula when it reads the text from CSV; wide signs are taken for narrow ones, and blanks
#: before them are skipped, those that nobody sees among them.
_FORMULA = re.compile(
    r"[\s\xad\u180e\u200b-\u200f\u2060\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\n]"
)
#: XlsxWriter takes such a text for one with fonts of its own, and writes it as XML.
_RICH = re.compile(r"<r>.*</r>", re.DOTALL)


class Safe(NamedTuple):
    """A text as a cell has it. changes: what was done to it: `replaced` (characters), `guarded` (an apostrophe), `cut`."""

    text: str
    changes: tuple[str, ...] = ()


def safe(text: str) -> Safe:
    """Line ends become one line feed. A text that could be a formula gets an apostrophe before it: the cell is a text
    anyway, but a file that is saved as CSV forgets that."""
    kept = text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
    changes = []
    if _NO_XML.search(kept):
        kept = _NO_XML.sub(_LOST, kept)
        changes.append("replaced")
    if _FORMULA.match(kept) or _RICH.fullmatch(kept):
        kept = f"'{kept}"
        changes.append("guarded")
    fitting = _fitting(kept)
    if fitting != kept:
        changes.append("cut")
    return Safe(fitting, tuple(changes))


def _fitting(text: str) -> str:
    if len(text) * 2 <= LONGEST:
        return text
    units = text.encode("utf-16-le")
    if len(units) <= 2 * LONGEST:
        return text
    return units[: 2 * (LONGEST - 1)].decode("utf-16-le", errors="ignore") + _CUT
