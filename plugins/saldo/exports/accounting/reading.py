"""Fields of an expense as they come in: each is read, or a problem is noted and something harmless stands for it."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from .problems import Problem, shown

#: As numeric(19,4) holds them.
_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,4})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
#: What no text may hold: a database cannot keep them (half characters, NUL), or nobody can see them.
_UNSEEN = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
#: Allowed where a text may have several lines.
_BREAKS = str.maketrans("", "", "\t\n\r")
_YEARS = range(2000, 2100)


class Fields:
    """The fields of one object of an expense; `problems` is shared by all objects of it."""

    def __init__(
        self, values: object, path: str, problems: list[Problem], known: Collection[str]
    ) -> None:
        self.path = path
        self.values: Mapping[str, Any] = values if isinstance(values, dict) else {}
        if not isinstance(values, dict):
            problems.append(Problem(path, shown(values), "an object", "send one"))
            problems = []  # what it lacks besides is no news
        self.problems = problems
        for key in self.values:
            if key not in known:
                said = f"an unknown key {shown(key)}"
                self.note(
                    str(key)[:80], said, f"one of {', '.join(known)}", "remove it or correct it"
                )

    def at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path and key else self.path or key

    def note(self, key: str, found: str, expected: str, remedy: str) -> None:
        """A problem of a field, or of the whole object where key is empty."""
        self.problems.append(Problem(self.at(key), found, expected, remedy))

    def given(self, key: str) -> bool:
        return self.values.get(key) is not None

    def text(
        self,
        key: str,
        longest: int,
        *,
        pattern: re.Pattern[str] | None = None,
        like: str = "",
        lines: bool = False,
    ) -> str:
        """A text that is not empty; blanks around it are dropped. like: what pattern asks for, in words. lines: whether it
        may have several."""
        value = self.values.get(key)
        expected = like or f"a text of 1 to {longest} characters"
        if not isinstance(value, str) or not value.strip():
            self.note(key, shown(value), expected, "fill it in")
            return ""
        value = value.strip()
        if len(value) > longest:
            self.note(key, f"{len(value)} characters", expected, "shorten it")
        elif _UNSEEN.search(value.translate(_BREAKS) if lines else value):
            self.note(key, shown(value), "a text without control characters", "remove them")
        elif pattern and not pattern.fullmatch(value):
            self.note(key, shown(value), expected, "correct it")
        else:
            return value
        return ""

    def optional(self, key: str, longest: int) -> str | None:
        return self.text(key, longest) or None if self.given(key) else None

    def choice(self, key: str, known: Collection[str]) -> str:
        value = self.values.get(key)
        if isinstance(value, str) and value in known:
            return value
        self.note(key, shown(value), f"one of {', '.join(known)}", "correct it")
        return ""

    def number(self, key: str, known: range) -> int:
        value = self.values.get(key)
        if type(value) is int and value in known:
            return value
        expected = f"a whole number from {known.start} to {known.stop - 1}"
        self.note(key, shown(value), expected, "correct it")
        return 0

    def day(self, key: str) -> date:
        value = self.values.get(key)
        if isinstance(value, str) and _DATE.fullmatch(value):
            try:
                found = date.fromisoformat(value)
            except ValueError:
                found = date.min
            if found.year in _YEARS:
                return found
        expected = f"a day like 2026-03-02, of the years {_YEARS.start} to {_YEARS.stop - 1}"
        self.note(key, shown(value), expected, "correct it")
        return date.min

    def moment(self, key: str) -> datetime | None:
        """A point in time, in UTC; None where there is none."""
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, str) and _MOMENT.fullmatch(value):
            try:
                found = datetime.fromisoformat(value)
                if found.year in _YEARS:
                    return found.astimezone(UTC)
            except ValueError:
                pass
        self.note(
            key, shown(value), "a moment with its zone, like 2026-03-03T09:00:00Z", "correct it"
        )
        return None

    def amount(self, key: str) -> Decimal | None:
        """None where there is none, or none that can be read."""
        value = self.values.get(key)
        if isinstance(value, str) and _AMOUNT.fullmatch(value):
            return Decimal(value)
        expected = 'a number in quotes with at most 4 decimals, like "125.00"'
        self.note(key, shown(value), expected, "correct it")
        return None

    def list_of(self, key: str, longest: int, *, at_least: int = 0) -> list[Any]:
        value = self.values.get(key)
        if value is None and not at_least:
            return []
        if isinstance(value, list) and at_least <= len(value) <= longest:
            return value
        found = f"a list of {len(value)}" if isinstance(value, list) else shown(value)
        self.note(key, found, f"a list of {at_least} to {longest}", "correct it")
        return []

    def texts(self, key: str, longest_key: int, longest: int) -> dict[str, str]:
        """An object of texts."""
        value = self.values.get(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.note(key, shown(value), "an object of texts", "correct it")
            return {}
        for name in value:
            if not name.strip() or len(name) > longest_key or _UNSEEN.search(name):
                said = f"a name of 1 to {longest_key} characters"
                self.note(key, f"the name {shown(name)}", said, "correct it")
        inner = Fields(value, self.at(key), self.problems, value.keys())
        return {name: inner.text(name, longest) for name in value}

    def base64(self, key: str, most: int) -> bytes:
        """The bytes of a file of at most so many."""
        value = self.values.get(key)
        expected = f"a file of 1 to {most:,} bytes as base64"
        if not isinstance(value, str) or not value:
            self.note(key, shown(value), expected, "attach the file")
            return b""
        if len(value) // 4 * 3 - 2 > most:
            self.note(key, f"some {len(value) // 4 * 3:,} bytes", expected, "send a smaller file")
            return b""
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            self.note(key, "a text that is no base64", expected, "encode the file again")
            return b""
