"""DAX: its grammar, by a parser of its own, and that all it names is in the model."""

from __future__ import annotations

import re
from typing import Any

import pbi_parsers.dax as dax
import pytest

from saldo.powerbi.added import added_columns
from saldo.powerbi.columns import Loaded
from saldo.powerbi.measures import MEASURES
from saldo.powerbi.measures.measure import Rows
from saldo.powerbi.model import model_files
from saldo.powerbi.roles import dynamic_role, static_role
from saldo.powerbi.twins import FOLDER
from saldo.powerbi.types import MONEY
from tests.powerbi.reading import expressions_of

_COLUMN = re.compile(r"'([^']+)'\[([^\]]+)\]")
_TABLE = re.compile(r"'([^']+)'(?!\[)")
_MEASURE = re.compile(r"(?<!')\[([^\]]+)\]")
_TEXT = re.compile(r'"[^"]*"')
_VAR = re.compile(r"\bVAR\s+(\w+)")
_WORD = re.compile(r"(?<![\w'\[.])([A-Za-z_]\w*)(?!\w|\])(?!\s*\()")
#: What stands without parentheses and is no variable.
_KEYWORDS = {"VAR", "RETURN", "IN", "TRUE", "FALSE", "NOT", "ASC"}


def names(expression: str) -> tuple[set[tuple[str, str]], set[str], set[str]]:
    """Columns, tables and measures that an expression names."""
    bare = _TEXT.sub('""', expression)
    columns = set(_COLUMN.findall(bare))
    rest = _COLUMN.sub("", bare)
    return columns, set(_TABLE.findall(rest)), set(_MEASURE.findall(rest))


def all_dax(model: tuple[Loaded, ...]) -> dict[str, str]:
    found = {measure.name: measure.dax for measure in MEASURES}
    for of in model:
        found |= {f"{of.table.name}.{one.name}": one.dax for one in added_columns(of.table) if one.dax}  # fmt: skip
    for role in (dynamic_role(model), static_role("a", "a", model)):
        name = role.splitlines()[1]
        found |= {f"{name} {n}": text for n, text in enumerate(expressions_of(role))}
    return found


def test_every_expression_is_dax_and_names_what_is_there(model: tuple[Loaded, ...]) -> None:
    columns = {(of.table.name, column.name) for of in model for column in of.columns}
    columns |= {("Ageing", name) for name in ("Bucket", "Days from", "Days to")}
    tables, measures = {table for table, _ in columns}, {measure.name for measure in MEASURES}
    found = all_dax(model)
    assert len(found) > 70
    for name, text in found.items():
        assert isinstance(dax.to_ast(text), dax.Expression), name
        named, of_tables, of_measures = names(text)
        assert named <= columns, name
        assert of_tables <= tables, name
        assert of_measures <= measures, name
        variables = _VAR.findall(text)
        bare = _COLUMN.sub("", _TEXT.sub("", re.sub(r"'[^']+'", "", text)))
        words = set(_WORD.findall(_MEASURE.sub("", bare))) - _KEYWORDS
        assert words == set(variables), name
        assert len(variables) == len(set(variables)), name


@pytest.mark.parametrize(
    "broken",
    ["SUM ( 'A'[b] ", "SUM ( 'A'[b] ) )", "VAR x = 1", "1 + ", "SUM 'A'[b]", "[A] [B]", "'A'[b"],
)
def test_the_parser_refuses_what_is_no_dax(broken: str) -> None:
    with pytest.raises((AssertionError, ValueError)):
        dax.to_ast(broken)


def test_one_measure_knows_which_day_balances_are_of() -> None:
    """Without a month chosen the last day of the calendar, or of next year's budget, is no day to look at."""
    last = {measure.name for measure in MEASURES if "MAX ( 'Date'[Date] )" in measure.dax}
    assert last == {"Balance day", "Comparison day"}
    asks = {measure.name for measure in MEASURES if "Balance day" in names(measure.dax)[2]}
    of_day = {
        f"{table} {what}"
        for table in ("Receivables", "Payables")
        for what in ("open", "overdue", "by age", "balance", "difference")
    }
    to_date = {"Result year to date", "Budget year to date", "Actual year to date"}
    assert asks == of_day | to_date | {"Balance", "Movement"}
    compares = {measure.name for measure in MEASURES if "Comparison day" in names(measure.dax)[2]}
    assert compares == {"Balance day", "Result previous year"}
    for day, who in (("Balance day", asks), ("Comparison day", {"Result previous year"})):
        for measure in MEASURES:
            if measure.name in who:
                # As a variable before anything that iterates, where it would be asked for each row.
                assert measure.dax.index(f"[{day}]") < measure.dax.index("RETURN"), measure.name
                asked = f"%({day.lower().replace(' ', '_')})s"
                assert asked in (FOLDER / f"{measure.rows}.sql").read_text(), measure.name


def test_the_year_before_is_compared_with_days_of_the_same_number() -> None:
    """Both sides of a difference are of one variable's days: those up to the newest refresh."""
    [change] = [measure.dax for measure in MEASURES if measure.name == "Result change"]
    assert change.startswith("VAR Read = CALCULATE ( MAX ( 'Data status'[Data as of] )")
    assert "VAR Compared = FILTER ( VALUES ( 'Date'[Date] ), 'Date'[Date] <= Read )" in change
    assert change.endswith("CALCULATE ( [Result], Compared ) - CALCULATE ( [Result previous year], Compared )")  # fmt: skip


#: Of DAX's own, those that refuse days with gaps: two months without the one between them, which slicers give.
_ONE_SPAN = {"SAMEPERIODLASTYEAR", "DATEADD", "PARALLELPERIOD", "TOTALYTD", "DATESYTD", "PREVIOUSYEAR"}  # fmt: skip


def test_days_with_gaps_may_be_chosen() -> None:
    words = {word for measure in MEASURES for word in re.findall(r"[A-Z]{3,}", measure.dax)}
    assert "SUMX" in words
    assert words & _ONE_SPAN == set()


def test_no_amount_is_added_over_currencies(model: tuple[Loaded, ...]) -> None:
    """Whatever adds amounts, or goes from agreement to agreement, looks first whether they are in one currency."""
    amounts = {(of.table.name, c.name) for of in model for c in of.columns if c.type.data_type == "decimal"}  # fmt: skip
    agreements = {"VALUES ( 'Agreement'", "SUMMARIZE ( 'Budget', 'Agreement'"}
    adds = {
        measure.name: measure.dax
        for measure in MEASURES
        if measure.format == MONEY
        and (names(measure.dax)[0] & amounts or any(text in measure.dax for text in agreements))
    }
    guarded = {
        name for name, text in adds.items() if text.startswith("IF (\n    [Currencies] = 1,\n")
    }
    of_hours = {"Value of hours", "Cost of hours"}
    assert len(guarded) > 20
    assert adds.keys() - guarded == of_hours | {"Proof difference"}
    for name in of_hours:
        assert adds[name].startswith("IF (\n    HASONEVALUE ( 'Timesheets'[Currency] ),\n")  # fmt: skip
    assert "IF ( [Currencies] <= 1 || Difference = 0, Difference )" in adds["Proof difference"]
    # What has no value is made none by the measures that are made of it: nothing adds a number to it.
    rest = [m for m in MEASURES if m.format == MONEY and m.name not in adds]
    assert len(rest) > 10
    assert [m.name for m in rest if re.search(r"\d", m.dax)] == []


def test_no_measure_is_part_of_itself() -> None:
    uses = {measure.name: names(measure.dax)[2] for measure in MEASURES}

    def reach(name: str, seen: tuple[str, ...]) -> None:
        assert name not in seen, seen
        for other in uses[name]:
            reach(other, (*seen, name))

    for name in uses:
        reach(name, ())


def test_names_are_those_of_one_measure_each_and_no_columns(model: tuple[Loaded, ...]) -> None:
    listed = [measure.name.lower() for measure in MEASURES]
    assert len(listed) == len(set(listed))
    assert "measure" not in listed
    for measure in MEASURES:
        assert measure.comment.endswith("."), measure.name
        assert measure.folder, measure.name
        assert measure.sql, measure.name


def test_the_sql_of_measures_is_of_files_that_are_there() -> None:
    rows = set(Rows.__args__)  # type: ignore[attr-defined]
    assert {path.stem for path in FOLDER.glob("*.sql")} == rows == {m.rows for m in MEASURES}


def test_raw_amounts_are_hidden_and_reached_by_a_measure(model: tuple[Loaded, ...]) -> None:
    """Who opens the model finds no number that adds up by itself, and none that nothing shows."""
    used: set[tuple[str, str]] = set()
    for text in all_dax(model).values():
        used |= names(text)[0]
    for of in model:
        if not of.table.is_fact:
            continue
        for column in of.columns:
            if column.type.data_type in ("decimal", "double"):
                assert column.is_hidden, (of.table.name, column.name)
        amounts = [c.name for c in of.columns if c.type.data_type == "decimal"]
        if amounts:
            assert any((of.table.name, name) in used for name in amounts), of.table.name


def test_the_model_has_every_measure_as_it_is_declared(model: tuple[Loaded, ...]) -> None:
    text: Any = model_files(model)["tables/Measures.tmdl"]
    written = expressions_of(text)
    for measure in MEASURES:
        assert measure.dax in written, measure.name
