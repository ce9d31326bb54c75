"""What the texts of a line come to, remembered: the same few say whose account it is in line after line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any

from saldo.workbooks import codes
from saldo.workbooks.lines import Key
from saldo.workbooks.sheets import Line

#: Columns that say something else in each line.
_FIGURES = ("amount", "period", "year")
#: So many are remembered: files have them in runs.
_KNOWN = 4096


class KnownKeys:
    """Keys by the texts that they were made of, of a table with one amount a line. columns: role -> its column; is_text: all
    values are texts (a typed 1 and a typed truth would be the same)."""

    def __init__(self, columns: Mapping[str, int], *, is_text: bool) -> None:
        self._keys: dict[Any, Key] = {}
        account = columns["account"]
        self._is_used = is_text
        telling = {column for role, column in columns.items() if role not in _FIGURES}
        # What names a line is its first text, in front of the account or the account itself.
        self._texts: Callable[[Any], Any] = itemgetter(*sorted(telling | {*range(account)}))

    def of(self, line: Line) -> Key | None:
        """The key of a line whose texts have been seen; None: read it."""
        return self._keys.get(self._texts(line.values)) if self._is_used else None

    def keep(self, line: Line, key: Key) -> None:
        """What its texts came to, without a problem. Not of ranges: whether these are accounts depends on amounts."""
        if not self._is_used or codes.is_range(key.account):
            return
        if len(self._keys) == _KNOWN:
            self._keys.clear()
        self._keys[self._texts(line.values)] = key
