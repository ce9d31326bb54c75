"""CSV files, streamed: encoding and separator found out, lines as lists of texts.

RFC 4180, and what Excel makes of it: a first line `sep=;`, a byte order mark, UTF-16, the local code page.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from saldo.errors import ConfigError
from saldo.workbooks.layout import Csv
from saldo.workbooks.problems import rejected
from saldo.workbooks.sheets import Line

#: The longer ones first: UTF-16's begins UTF-32's.
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: A byte order mark as text, where it is no beginning: files were joined, or a program has written two.
_MARK = "\ufeff"
_CHUNK = 1 << 20
#: Characters of the beginning that tell the separator.
_SAMPLE = 1 << 16
_SAVE_AS = "Save it in Excel as CSV UTF-8"


class TextSheet:
    """A CSV file as a `Sheet` without a name. fits: whether a line can be the header. Raises Rejected."""

    name = ""

    def __init__(self, path: Path, options: Csv, *, fits: Callable[[list[str]], bool]) -> None:
        self._path = path
        self._columns = options.columns
        self._encoding = _encoding(path, options.encoding)
        with path.open(encoding=self._encoding, newline="") as file:
            sample = file.read(_SAMPLE).replace(_MARK, "")
        directive = sample[:5].casefold()
        self._skips = directive.startswith("sep=") and sample[4:5] != ""
        if options.separator != "auto":
            self._separator = options.separator
        elif self._skips:
            self._separator = sample[4]
        else:
            self._separator = _separator(sample, fits)

    def lines(self) -> Iterator[Line]:
        """See `Sheet.lines`. Raises Rejected where quotes are not closed."""
        if self._columns:
            yield Line(0, self._columns)
        with self._path.open(encoding=self._encoding, newline="") as file:
            skipped = 0
            if self._skips:
                file.readline()
                skipped = 1
            reader = csv.reader(_unmarked(file), delimiter=self._separator, strict=True)
            before = 0
            while True:
                try:
                    values = next(reader, None)
                except csv.Error as error:
                    raise rejected(
                        f"quotes that do not match ({error})",
                        "a quoted text to end with a quote and the separator",
                        "Close the quote, and write a quote inside a text twice",
                        cell=f"line {before + 1 + skipped}",
                    ) from error
                if values is None:
                    return
                yield Line(before + 1 + skipped, values)
                before = reader.line_num

    def written(self, line: int) -> str:
        """A line as it is in the file, whatever the quotes in it; empty where there is none. line: from 1."""
        with self._path.open(encoding=self._encoding, newline="") as file:
            return next(islice(_unmarked(file), line - 1, line), "").rstrip("\r\n")

    def place(self, line: int, column: int) -> str:
        """See `Sheet.place`: `line 17, column 3`."""
        return f"line {line}, column {column + 1}"

    def merged_from(self, line: int, column: int) -> int | None:
        """See `Sheet.merged_from`: never."""
        return None

    def is_merged(self, line: int, column: int) -> bool:
        """See `Sheet.is_merged`: never."""
        return False

    def tall(self) -> Mapping[int, Sequence[tuple[int, int, int]]]:
        """See `Sheet.tall`: none."""
        return {}

    def is_hidden(self, line: int, column: int) -> bool:
        """See `Sheet.is_hidden`: never."""
        return False


def _unmarked(lines: Iterable[str]) -> Iterator[str]:
    """Lines without marks, which nobody sees and which would be part of a heading or a cell."""
    return (line.replace(_MARK, "") for line in lines)


def _encoding(path: Path, wanted: str) -> str:
    """The encoding that the whole file is in: never one that merely cannot fail. A mark at its beginning says it, whatever is wanted.
    Raises ConfigError, Rejected."""
    with path.open("rb") as file:
        head = file.read(4096)
    if wanted != "auto":
        try:
            codecs.lookup(wanted)
        except LookupError as error:
            raise ConfigError(f"csv.encoding: Python knows no encoding {wanted}") from error
    candidates = _candidates(head, wanted)
    for encoding in candidates:
        if (line := _first_bad_line(path, encoding)) is None:
            return encoding
    raise rejected(
        f"bytes that are no text in {' or '.join(candidates)}",
        "text in one encoding",
        _SAVE_AS,
        cell=f"line {line}",
    )


def _candidates(head: bytes, wanted: str) -> list[str]:
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return [encoding]
    if wanted != "auto":
        return [wanted]
    if b"\0" in head:
        return ["utf-16-le" if head[1::2].count(0) >= head[::2].count(0) else "utf-16-be"]
    return ["utf-8", "cp1252"]


def _first_bad_line(path: Path, encoding: str) -> int | None:
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            try:
                text = decoder.decode(chunk)
            except UnicodeError as error:
                start = getattr(error, "start", 0)
                return line + chunk[:start].count(b"\n")
            if "\0" in text:
                return line + text[: text.index("\0")].count("\n")
            line += text.count("\n")
    try:
        decoder.decode(b"", final=True)
    except UnicodeError:
        return line
    return None


def _separator(sample: str, fits: Callable[[list[str]], bool]) -> str:
    """The one that makes a header of a line; of several, the one that cuts most lines into as many fields."""
    lines = sample.splitlines()[:200]
    best: dict[str, tuple[bool, float]] = {}
    for separator in ";\t,|":
        rows = [
            row
            for row in csv.reader(io.StringIO("\n".join(lines)), delimiter=separator)
            if any(row)
        ]
        widths = Counter(len(row) for row in rows if len(row) > 1)
        if widths:
            share = widths.most_common(1)[0][1] / len(rows)
            best[separator] = (any(fits(row) for row in rows[:30]), share)
    if not best:
        raise rejected(
            "no separator between the fields",
            "fields separated by ; or , or | or tabs",
            "Say csv.separator in the configuration, if it is another",
        )
    first, *others = sorted(best, key=lambda one: best[one], reverse=True)
    if others and best[others[0]] == best[first]:
        raise rejected(
            f"fields that could be separated by “{first}” or by “{others[0]}”",
            "one separator",
            "Say csv.separator in the configuration, or save the file with semicolons",
        )
    return first
