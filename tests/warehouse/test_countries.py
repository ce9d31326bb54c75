"""Countries as people write them."""

from __future__ import annotations

import pytest

from saldo.warehouse.connection import Connection
from stack.countries import words


def test_the_table_is_what_the_library_knows(warehouse: Connection) -> None:
    found = dict(warehouse.execute("select word, country from core.country_word").fetchall())
    assert found == words(), "write a migration with `python -m stack.countries`"
    assert len(set(found.values())) == 250


@pytest.mark.parametrize(
    ("said", "country"),
    [
        ("DK", "DK"),
        ("dk ", "DK"),
        ("DNK", "DK"),
        ("Danmark", "DK"),
        (" DANMARK. ", "DK"),
        ("Denmark", "DK"),
        ("Dänemark", "DK"),
        ("NORGE", "NO"),
        ("Noreg", "NO"),
        ("Noorwegen", "NO"),
        ("Nederland", "NL"),
        ("Nederlandene", "NL"),
        ("Sverige", "SE"),
        ("Tyskland", "DE"),
        ("ØSTRIG", "AT"),
        ("Österreich", "AT"),
        ("Færøerne", "FO"),
        ("Grønland", "GL"),
        ("UK", "GB"),
        ("USA", "US"),
        ("United  States", "US"),
        ("Côte d’Ivoire", "CI"),
        ("EU", None),
        ("Atlantis", None),
        ("", None),
        (None, None),
    ],
)
def test_what_people_write(warehouse: Connection, said: str | None, country: str | None) -> None:
    row = warehouse.execute("select core.country_code(%s)", [said]).fetchone()
    assert row == (country,)
