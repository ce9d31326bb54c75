"""Pictures of workbooks that are read or refused, with what the reader itself says of them.

python -m stack.pictures        writes docs/pictures/*.png
"""

from __future__ import annotations

import re
import struct
import tempfile
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any
from zlib import crc32

from openpyxl.utils import get_column_letter

from .picture_examples import EXAMPLES, Example, Outcome, outcome
from .settings import PROJECT

#: Headings of amounts, and formulas, stand to the right as amounts do.
_AMOUNTS = re.compile(r"\w{3} \d\d|I alt|=.*")
FOLDER = PROJECT / "docs" / "pictures"
_STYLE = """
body { margin: 0; background: #fff; font: 12px "Liberation Sans", "DejaVu Sans", sans-serif; color: #1c1c1c }
#picture { display: inline-block; padding: 10px }
.file { color: #107c41; font-weight: bold; padding: 0 0 6px 2px }
table { border-collapse: collapse; font: inherit }
th, td { border: 1px solid #d6d6d6; height: 20px; padding: 0 6px; white-space: nowrap }
th { background: #f3f3f3; color: #6b6b6b; font-weight: normal; text-align: center; min-width: 16px }
td { text-align: left } td.number { text-align: right }
td.read { background: #e4f3e8 } td.bold { font-weight: bold }
td.wrong { outline: 2px solid #c42b1c; outline-offset: -2px; background: #fde7e4 }
.tab { display: inline-block; border: 1px solid #d6d6d6; border-top: none; padding: 3px 14px; color: #107c41; font-weight: bold }
.says { margin: 9px 0 0; padding: 7px 10px; max-width: 900px; border-left: 3px solid #107c41; background: #f2f8f4; line-height: 1.4 }
.refused .says { border-color: #c42b1c; background: #fdf3f2 }
"""


def page(example: Example, found: Outcome) -> str:
    """The sheet as HTML: what is read is green, what is wrong is red, and below is what the reader says."""
    wrong = {problem.cell for problem in found.problems}
    width = max(map(len, example.rows))
    letters = "".join(f"<th>{get_column_letter(column)}</th>" for column in range(1, width + 1))
    rows = []
    for number, row in enumerate(example.rows, 1):
        cells = [
            _cell(value, f"{get_column_letter(column)}{number}", wrong, found, number in example.bold)
            for column, value in enumerate([*row, *[None] * (width - len(row))], 1)
        ]  # fmt: skip
        if len(row) == 1:  # it runs over the empty cells beside it, as in Excel
            cells[:4] = [cells[0].replace("<td", "<td colspan=4", 1)]
        rows.append(f"<tr><th>{number}</th>{''.join(cells)}</tr>")
    says = "".join(f'<div class="says">{escape(line)}</div>' for line in found.says.splitlines())
    return (
        f"<!doctype html><meta charset=utf-8><style>{_STYLE}</style><div id=picture class={'refused' if wrong else 'read'}>"
        f"<div class=file>{escape(example.file)}</div><table><tr><th></th>{letters}</tr>{''.join(rows)}</table>"
        f"<div class=tab>{escape(example.sheet)}</div>{says}</div>"
    )


def _cell(value: Any, place: str, wrong: set[str], found: Outcome, is_bold: bool) -> str:
    classes = [
        name
        for name, holds in (
            ("number", isinstance(value, int) or bool(_AMOUNTS.fullmatch(str(value)))),
            ("read", place in found.cells),
            ("wrong", place in wrong),
            ("bold", is_bold),
        )
        if holds
    ]
    return f'<td class="{" ".join(classes)}">{_shown(value)}</td>'


def _shown(value: Any) -> str:
    """As a Danish Excel shows it; account numbers have no marks."""
    if isinstance(value, int):
        return f"{value:,}".replace(",", ".") if value > 9999 else str(value)
    return escape(str(value)) if value is not None else ""


def fingerprint(html: str) -> bytes:
    """What a picture made of this page holds, as a text of PNG."""
    return b"Source\0" + sha256(html.encode()).hexdigest().encode()


def _made_of(png: bytes, html: str) -> bytes:
    """The picture with the fingerprint in it, before its end."""
    chunk = b"tEXt" + fingerprint(html)
    end = png.rindex(b"IEND") - 4
    return (
        png[:end] + struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", crc32(chunk)) + png[end:]
    )  # fmt: skip


def main() -> None:
    from tests.browser import page as browser_page

    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, browser_page(width=1300) as browser:
        for example in EXAMPLES:
            html = page(example, outcome(example, Path(folder)))
            browser.set_content(html)
            path = FOLDER / f"{example.name}.png"
            path.write_bytes(_made_of(browser.locator("#picture").screenshot(), html))
            print(f"{path.relative_to(PROJECT)}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
