"""Names of files: when, which number, what a person added; and nothing that leads out of the folder."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import PurePosixPath, PureWindowsPath
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saldo.exports.names import BadName, checked_extension, file_name, is_safe_name

AT = datetime(2026, 2, 27, 23, 30, 5, tzinfo=UTC)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@pytest.mark.parametrize(
    ("extension", "is_logged", "expected"),
    [
        (None, True, "purchase-export-20260228_003005-0042.xlsx"),
        ("", True, "purchase-export-20260228_003005-0042.xlsx"),
        ("  ", False, "nolog-purchase-export-20260228_003005-0042.xlsx"),
        ("Q1_jan", True, "purchase-export-20260228_003005-0042-Q1_jan.xlsx"),
        ("Q1 2026", False, "nolog-purchase-export-20260228_003005-0042-Q1-2026.xlsx"),
    ],
)
def test_a_name_says_when_which_and_what(
    extension: str | None, is_logged: bool, expected: str
) -> None:
    found = file_name(AT, 42, extension=extension, is_logged=is_logged, zone=AMSTERDAM)
    assert found == expected
    assert is_safe_name(found)


def test_the_time_is_utc_unless_a_zone_is_given_and_numbers_may_grow() -> None:
    name = file_name(AT.astimezone(AMSTERDAM), 12_345, extension=None, is_logged=True)
    assert name == "purchase-export-20260227_233005-12345.xlsx"


def test_the_hour_that_comes_twice_has_two_names() -> None:
    hours = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1)]
    names = {
        file_name(at, number, extension=None, is_logged=True, zone=AMSTERDAM)
        for number, at in enumerate(hours, 1)
    }
    assert names == {f"purchase-export-20261025_023000-000{n}.xlsx" for n in (1, 2)}


@pytest.mark.parametrize(
    ("extension", "kept"),
    [
        ("maart.v2", "maart-v2"), ("Café Zoë", "Cafe-Zoe"), ("a:b|c?*", "a-b-c"), ("%2e%2e%2f", "2e-2e-2f"),
        ("--x--", "x"), ("a_b-c", "a_b-c"), ("x" * 40, "x" * 40), ("ﬁn", "fin"), ("日本 2026", "2026"), ("x.", "x"),
        ("CON", "CON"), ("$(rm)", "rm"), ("'; drop table", "drop-table"), ("a\u202exslx", "a-xslx"),
    ],
)  # fmt: skip
def test_what_cannot_stand_in_a_name_becomes_a_hyphen(extension: str, kept: str) -> None:
    assert checked_extension(extension) == kept


@pytest.mark.parametrize(
    ("extension", "sentence"),
    [
        ("../x", "could lead to another folder"),
        ("a/b", "could lead to another folder"),
        ("a\\b", "could lead to another folder"),
        ("..", "could lead to another folder"),
        (".hidden", "could lead to another folder"),
        ("a\0b", "could lead to another folder"),
        ("a\nb", "could lead to another folder"),
        ("a／b", "could lead to another folder"),
        ("‥/", "could lead to another folder"),
        ("日本", "has no letter or digit"),
        ("---", "has no letter or digit"),
        ("x" * 41, "has 41 characters; write 40 at most"),
        ("x" * 100_000, "has 100000 characters; write 40 at most"),
    ],
)
def test_what_could_leave_the_folder_is_refused(extension: str, sentence: str) -> None:
    with pytest.raises(BadName, match=sentence) as error:
        file_name(AT, 1, extension=extension, is_logged=True)
    assert str(error.value).startswith("ext: ")
    assert len(str(error.value)) < 200


@settings(deadline=None)
@given(st.text(max_size=60))
def test_whatever_a_person_adds_the_name_is_one_plain_piece(extension: str) -> None:
    try:
        name = file_name(AT, 1, extension=extension, is_logged=False)
    except BadName:
        return
    assert re.fullmatch(
        r"nolog-purchase-export-20260227_233005-0001(-[\w-]+)?\.xlsx", name, re.ASCII
    )
    assert is_safe_name(name)
    assert PurePosixPath(name).name == PureWindowsPath(name).name == name
