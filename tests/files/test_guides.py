"""The examples in docs/drop-folder.md and docs/sharepoint.md are what they say."""

from __future__ import annotations

import io
import re
from decimal import Decimal
from pathlib import Path

import pytest
from fsspec.implementations.local import LocalFileSystem

from saldo.files.loading import load_file_configurations
from saldo.files.places.folder import FolderSource
from saldo.files.places.source import Seen
from saldo.workbooks import Csv, Layout, Rejected, read
from tests.support import PROJECT


def block(page: str, language: str) -> str:
    """The first one of a page."""
    found = re.search(
        rf"^```{language}\n(.*?)^```", (PROJECT / "docs" / page).read_text(), re.M | re.S
    )
    assert found
    return found[1]


def written(text: str, folder: Path, name: str = "budget_drop.yaml") -> None:
    folder.mkdir()
    (folder / name).write_text(text)


def test_a_file_in_the_drop_folder_gives_the_rows_that_the_guide_shows(tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    text = block("drop-folder.md", "yaml").replace("file:///srv/drop/budgets", f"file://{drop}")
    written(text, tmp_path / "files")
    [said] = load_file_configurations(directories=[tmp_path / "files"]).good
    (drop / "budget-2026.csv").write_bytes(block("drop-folder.md", "csv").encode(said.csv.encoding))
    (drop / ".export.half").write_text("Konto;")
    source = FolderSource(LocalFileSystem(), str(drop), said)
    [file] = source.changes(Seen()).changed
    content = io.BytesIO()
    source.fetch(file, content, max_bytes=said.max_bytes)
    path = tmp_path / file.name
    path.write_bytes(content.getvalue())
    layout = Layout(fiscal_year=said.fiscal_year, csv=Csv(said.csv.encoding, said.csv.separator))
    with read(path, layout) as book:
        rows = [(r.account, r.department, r.period, r.amount) for r in book.rows()]
    assert rows == [
        ("1010", "10", (2026, 1), Decimal(150_000)),
        ("1010", "20", (2026, 1), Decimal(100_000)),
        ("3010", "10", (2026, 1), Decimal("90000.50")),
        ("3010", "10", (2026, 2), Decimal("-1250.00")),
    ]
    path.write_bytes(content.getvalue()[:-12])
    with (
        read(path, layout) as book,
        pytest.raises(Rejected, match="Line 5, column 1: found 4 fields"),
    ):
        list(book.rows())


def test_the_configuration_for_sharepoint_is_a_good_one(tmp_path: Path) -> None:
    written(block("sharepoint.md", "yaml"), tmp_path / "files", "budget_nordlys.yaml")
    found = load_file_configurations(directories=[tmp_path / "files"])
    assert (found.broken, [one.id for one in found.good]) == ((), ["budget_nordlys"])
