"""Layouts as people write them: the two that come with Saldo, a user's own, and what is said of a mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from saldo.errors import ConfigError
from saldo.exports.layouts import (
    OWN,
    layout_dirs,
    layout_files,
    layout_named,
    load_layouts,
)
from saldo.exports.rows import FIELDS
from saldo.paths import PROJECT

GOOD = """\
id: own
title: Own
sheet: Sheet
columns:
  - {header: Number, value: document_number}
"""


def broken(folder: Path, text: str) -> str:
    (folder / "own.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        layout_named("own", [folder])
    return str(error.value)


def test_what_comes_with_saldo_can_be_used() -> None:
    assert not layout_files([OWN]).load().broken
    assert set(load_layouts([OWN])) == {"purchases", "exact_online"}


def test_the_26_columns_are_those_offices_know() -> None:
    headers = [column.header for column in load_layouts([OWN])["purchases"].columns]
    assert headers == [
        "id", "link", "referentie", "status", "datum", "vervaldatum", "contact", "contactnummer", "valuta",
        "betaald op", "aantal", "aantal (decimaal)", "omschrijving", "categorie", "categorienummer",
        "totaalprijs exclusief btw", "btw-tarief", "totaalprijs inclusief btw", "totaalprijs exclusief btw (EUR)",
        "totaalprijs inclusief btw (EUR)", "btw-tarief naam", "btw", "begin periode", "eind periode",
        "datum aanmaak", "laatste update",
    ]  # fmt: skip


def test_a_users_own_lie_beside_those_of_saldo(tmp_path: Path) -> None:
    folders = layout_dirs({"SALDO_EXPORTS_DIR": str(tmp_path)})
    (tmp_path / "layouts").mkdir()
    (tmp_path / "layouts/own.yaml").write_text(GOOD)
    assert set(load_layouts(folders)) == {"purchases", "exact_online", "own"}
    assert layout_named("own", folders).columns[0].width == 10
    assert layout_dirs({}) == tuple(
        dict.fromkeys((OWN, PROJECT / "include" / "sandbox" / "exports" / "layouts", OWN))
    )


def test_a_copy_does_not_take_the_place_of_what_it_was_copied_from(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        (OWN / "purchases.yaml").read_text().replace("Moblybird", "Mine")
    )
    assert load_layouts([tmp_path, OWN])["purchases"].sheet == "Moblybird export"
    [problem] = layout_files([tmp_path, OWN]).load().broken
    assert "id: 'purchases' is taken by purchases.yaml; give this layout an id of its own" in str(
        problem
    )


def test_a_broken_layout_takes_no_other_with_it(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("id: bad\n")
    (tmp_path / "own.yaml").write_text(GOOD)
    assert set(load_layouts([tmp_path])) == {"own"}
    with pytest.raises(
        ConfigError, match=r"the layout 'bad' cannot be used: .*bad.yaml: title: is missing"
    ):
        layout_named("bad", [tmp_path])
    with pytest.raises(ConfigError, match=r"there is no layout 'none'; write one of: own \(docs/"):
        layout_named("none", [tmp_path])


COLUMN = "{header: Number, value: document_number}"


@pytest.mark.parametrize(
    ("column", "sentence"),
    [
        ("{header: N, value: number}", "columns.0.value: 'number' is no field of a row; write one of: vendor, "),
        ("{header: N, value: date, type: money}", "columns.0: N: date is a date and cannot be of type money; write type date"),
        ("{header: N, value: net_amount, type: date}", "net_amount is a number and cannot be of type date; write type text or number or money"),
        ("{header: N, value: has_no_lines}", "has_no_lines is a flag and cannot be of type text; write another field"),
        ("{header: N, value: date, type: day}", "columns.0.type: Input should be 'text'"),
        ("{header: N}", "columns.0: N: has none of them; write one of value, constant and link"),
        ('{header: N, value: date, constant: ""}', "N: has value and constant; write one of"),
        ("{header: N, constant: x, type: money}", "N: a constant is a text; remove its type"),
        ("{header: N, constant: 60}", None),
        ("{header: N, type: link, value: reference}", "N: type link and the key link go together; write both"),
        ("{header: N, link: 'https://x.example'}", "N: type link and the key link go together; write both"),
        ("{header: N, type: link, link: 'javascript:alert(1)'}", "columns.0.link: 'javascript:alert(1)' is no web address"),
        ("{header: N, type: link, link: 'https://x/{id}'}", "columns.0.link: {id} is no field of a row; write one of"),
        ("{header: N, type: link, link: 'https://x/{'}", "has a brace too many"),
        ("{header: N, type: link, link: 'https://x/{kind.__class__}'}", "must have plain fields in braces"),
        ("{header: N, type: link, link: 'https://x/{kind!r}'}", "must have plain fields in braces"),
        ("{header: N, value: net_amount, type: money, map: {a: b}}", "N: map translates a value to a text"),
        ("{header: N, value: reference, color: red}", "columns.0.color: 'red' is no colour; write six digits"),
        ("{header: N, value: reference, width: 0}", "columns.0.width: Input should be greater than or equal to 1"),
        ("{header: N, value: reference, widht: 3}", "columns.0.widht: unknown key; remove it or correct its spelling (known: header, type, value"),
        ("{value: reference}", "columns.0.header: is missing; add it"),
        (f"{COLUMN}\n  - {COLUMN}", "columns: 'Number' heads two columns; rename one of them"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_column_is_named_with_its_remedy(
    tmp_path: Path, column: str, sentence: str | None
) -> None:
    text = GOOD.replace(COLUMN, column)
    if sentence is None:
        (tmp_path / "own.yaml").write_text(text)
        assert layout_named("own", [tmp_path]).columns[0].constant == "60"
        return
    said = broken(tmp_path, text)
    assert said.startswith(f"the layout 'own' cannot be used: {tmp_path}/own.yaml: columns")
    assert sentence in said


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (
            "sheet: Sheet",
            "sheet: 'a/b'",
            "sheet: 'a/b' is no name of a sheet; leave out [ ] : * ? / \\",
        ),
        ("sheet: Sheet", 'sheet: "\'a"', "quotes at its ends"),
        ("sheet: Sheet", f"sheet: {'x' * 32}", "sheet: String should have at most 31 characters"),
        ("title: Own\n", "", "title: is missing; add it"),
        (
            "id: own",
            "id: own\nfilter: true",
            "filter: unknown key; remove it or correct its spelling",
        ),
        (f"  - {COLUMN}\n", "  []\n", "columns: "),
        ("columns:", "columns: [", "is no readable YAML"),
    ],
)
def test_a_mistake_in_a_layout_is_named_with_its_remedy(
    tmp_path: Path, before: str, after: str, sentence: str
) -> None:
    assert sentence in broken(tmp_path, GOOD.replace(before, after))


def test_every_field_a_layout_may_use_is_documented() -> None:
    text = (PROJECT / "docs" / "export-files.md").read_text()
    assert [name for name in FIELDS if f"`{name}`" not in text] == []
