"""Lines whose texts were seen before are read as if each were the first: the same file with and without what is remembered."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from saldo.workbooks import Layout, Rejected, known_keys, read
from tests.workbooks.making import text_file

#: Nothing is remembered after the first problem: most lines have none.
_ACCOUNTS = ["1010", "1010", "1020", "1010 Omsætning", "1010-1020", "Total"]
_NAMES = ["", "", "Løn", "'=x"]
_PERIODS = ["2026-01", "2026-02", "2026-03", "Total"]
_AMOUNTS = ["1,50", "1,50", "3,00", "EUR 3", "-", ""]
_LINES = st.lists(
    st.tuples(*map(st.sampled_from, (_ACCOUNTS, _NAMES, _PERIODS, _AMOUNTS))), min_size=1, max_size=12
)  # fmt: skip
_ORDERS = st.permutations(range(4))


def told(path: Path) -> object:
    with read(path, Layout()) as book:
        try:
            return list(book.rows())
        except Rejected as error:
            return error.problems


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=_LINES, order=_ORDERS)
# The period comes first, and names the second line: a total.
@example(lines=[("1010", "", "2026-01", "1,50"), ("1010", "", "Total", "1,50")], order=[2, 0, 1, 3])
# The second line is the sum of the first.
@example(
    lines=[("1010-1020", "", "2026-01", "1,50"), ("1010-1020", "", "2026-02", "1,50")],
    order=[0, 1, 2, 3],
)
@example(
    lines=[
        ("1010", "", "2026-01", "1,50"),
        ("1010", "", "2026-02", "EUR 3"),
        ("1010", "", "2026-03", "3,00"),
    ],
    order=[0, 1, 2, 3],
)
def test_what_is_remembered_changes_nothing(
    lines: list[tuple[str, ...]],
    order: list[int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    head = ("Konto", "Navn", "Måned", "Beløb")
    text = "".join(";".join(line[at] for at in order) + "\n" for line in (head, *lines))
    path = text_file(tmp_path, text)
    found = told(path)
    with monkeypatch.context() as without:
        without.setattr(known_keys.KnownKeys, "of", lambda *_: None)
        assert found == told(path)
    with monkeypatch.context() as little:
        little.setattr(known_keys, "_KNOWN", 1)
        assert found == told(path)
