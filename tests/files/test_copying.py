"""What is copied into staging is what was there, whatever the text."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from saldo.files.copying import copied
from saldo.warehouse.connection import Connection

_ODD = [
    "",
    "\\N",
    "\\.",
    '"',
    '""',
    "\t",
    "\n",
    "\r\n",
    "\\",
    "NULL",
    " x ",
    "\0",
    "\ud800",
    "é",
    ";",
]
_TEXT = st.one_of(st.sampled_from(_ODD), st.text(max_size=8))


def stored(text: str) -> str:
    """No text of Postgres holds a NUL or half a character."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(texts=[(text, text) for text in _ODD])
@given(texts=st.lists(st.tuples(_TEXT, st.none() | _TEXT), min_size=1, max_size=5))
def test_every_text(texts: list[tuple[str, str | None]], warehouse: Connection) -> None:
    rows = [
        (text, "C7", 7, "nordlys", "budget", "1010", name, "", date(2026, 1, 1), Decimal("1.5"), None)
        for text, name in texts
    ]  # fmt: skip
    with warehouse.transaction(force_rollback=True):
        warehouse.execute("delete from staging.file_budget")
        assert copied(warehouse, "staging.file_budget", rows, head=("a", 1, 1)) == len(rows)
        found = warehouse.execute(
            "select config_id, sheet, account_name, department, month, amount, currency from staging.file_budget order by ctid"
        ).fetchall()
    assert found == [
        ("a", stored(text), stored(name) if name else None, "", date(2026, 1, 1), Decimal("1.5"), None)
        for text, name in texts
    ]  # fmt: skip
