"""Own exchange rates, from a drop folder to mart.fact_exchange_rate."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from saldo.warehouse.connection import Connection
from tests.files.dropping import Drop
from tests.support import Company, Sandbox

HEAD = "Fra;Til;Måned;Gennemsnit;Ultimo\n"


@pytest.fixture
def drop(warehouse: Connection, sandbox: Sandbox, migrated: Any, tmp_path: Path) -> Drop:
    warehouse.execute(
        "truncate ops.file, ops.watermark, staging.file_exchange_rate, core.published_rate, mart.fact_exchange_rate cascade"
    )
    nobody = Company(sandbox, "nobody", 0)
    return Drop(
        warehouse,
        tmp_path,
        nobody,
        id="rates",
        values={"kind": "exchange_rates", "agreement": None},
    )


def rates(drop: Drop) -> list[Any]:
    return drop.connection.execute(
        "select base_currency, quote_currency, month::text, average_rate, closing_rate from mart.fact_exchange_rate "
        "where source = 'file:rates' and (base_currency, quote_currency) = ('EUR', 'DKK') order by month"
    ).fetchall()


def test_rates_of_a_file_replace_those_before_and_go_with_it(drop: Drop) -> None:
    drop.put("r.csv", f"{HEAD}EUR;DKK;2026-01;7,4600;7,4650\n")
    assert drop.look(with_facts=False).accepted == ["r.csv"]
    assert rates(drop) == [("EUR", "DKK", "2026-01-01", Decimal("7.46"), Decimal("7.465"))]
    drop.put("new.csv", f"{HEAD}EUR;DKK;2026-01;7,4700;7,4750\nEUR;DKK;2026-02;7,48;7,49\n")
    drop.look(with_facts=False)
    assert [row[3] for row in rates(drop)] == [Decimal("7.47"), Decimal("7.48")]
    drop.put("new.csv", f"{HEAD}EUR;DKK;2026-01;seven;7,4750\n")
    [error] = drop.look(with_facts=False).rejected.values()
    assert str(error).startswith("Line 2, column 4: found “seven”")
    assert len(rates(drop)) == 2
    (drop.folder / "new.csv").unlink()
    assert drop.look(with_facts=False).gone == ["new.csv"]
    assert [row[3] for row in rates(drop)] == [Decimal("7.46")]
    assert drop.look(again=True, with_facts=False).unchanged == ["r.csv"]


def test_a_rate_for_another_number_of_units_is_told_by_the_ecbs(drop: Drop) -> None:
    """Danes write kroner for 100; a month that the ECB has no rate of is not judged."""
    drop.connection.execute(
        "insert into mart.fact_exchange_rate (date_key, source, base_currency, quote_currency, month, month_end, "
        "average_rate, closing_rate, published_days, is_derived, is_complete) "
        "values (20260131, 'ecb', 'EUR', 'DKK', '2026-01-01', '2026-01-31', 7.46, 7.47, 20, false, true)"
    )
    lines = "EUR;DKK;2026-01;745,83;14,95\nEUR;DKK;2026-02;745,83;745,83\nEUR;DKK;2026-03;seven;\n"
    drop.put("r.csv", HEAD + lines)
    [error] = drop.look(with_facts=False).rejected.values()
    assert str(error).splitlines() == [
        "Line 4, column 4: found “seven”; expected a rate above 0, with a decimal comma. Correct the cell.",
        "Line 2, column 4: found 745.83 DKK for 1 EUR; expected between half and twice the rate of the European Central Bank for "
        "2026-01, 7.46. Correct the rate; if it is for more than one EUR, write for how many in a column of units (Enhed 100).",
        "Line 2, column 5: found 14.95 DKK for 1 EUR; expected between half and twice the rate of the European Central Bank for "
        "2026-01, 7.47. Correct the rate; if it is for more than one EUR, write for how many in a column of units (Enhed 100).",
    ]  # fmt: skip
    assert rates(drop) == []
    head = "Fra;Til;Måned;Enhed;Gennemsnit;Ultimo\n"
    drop.put("r.csv", f"{head}EUR;DKK;2026-01;100;745,83;748,01\nEUR;DKK;2026-02;1;745,83;745,83\n")
    assert drop.look(with_facts=False).accepted == ["r.csv"]
    assert [row[3:] for row in rates(drop)] == [
        (Decimal("7.4583"), Decimal("7.4801")), (Decimal("745.83"), Decimal("745.83")),
    ]  # fmt: skip
