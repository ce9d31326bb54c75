"""DAX: its grammar, by a parser of its own, and that all it names is in the model."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

import pbi_parsers.dax as dax
import pytest
from pbi_parsers.dax.exprs import ColumnExpression, FunctionExpression, TableExpression

from saldo.powerbi.added import added_columns
from saldo.powerbi.columns import Loaded
from saldo.powerbi.measures import MEASURES
from saldo.powerbi.measures.measure import Rows
from saldo.powerbi.measures.reach import POSTINGS_ONLY
from saldo.powerbi.model import MEASURES_TABLE, model_files
from saldo.powerbi.relationships import relationships
from saldo.powerbi.roles import dynamic_role, static_role
from saldo.powerbi.twins import FOLDER
from saldo.powerbi.types import MONEY
from tests.powerbi.reading import expressions_of

_COLUMN = re.compile(r"'([^']+)'\[([^\]]+)\]")
_TABLE = re.compile(r"'([^']+)'(?!\[)")
_MEASURE = re.compile(r"(?<!')\[([^\]]+)\]")
_NAME = re.compile(r"'([^']+)'")
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
    last = {m.name for m in MEASURES if "MAXX ( ChosenDays, 'Date'[Date] )" in m.dax}
    assert last == {"Balance day", "Comparison day"}
    assert not [m.name for m in MEASURES if re.search(r"M(AX|IN) \( 'Date'\[Date\]", m.dax)]
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
    assert "VAR LastRead = CALCULATE ( MAX ( 'Data status'[Data as of] )" in change
    assert "VAR ComparedDays = FILTER ( ChosenDays, 'Date'[Date] <= LastRead )" in change
    assert "CALCULATE ( [Result], ComparedDays ) - CALCULATE ( [Result previous year], ComparedDays )\n" in change  # fmt: skip


def test_what_adds_two_facts_is_empty_under_a_filter_that_one_of_them_does_not_know(
    model: tuple[Loaded, ...],
) -> None:
    """Postings of a customer, added to the opening balance of the whole company, would look like a balance."""
    known: dict[str, set[str]] = defaultdict(set)
    for found in relationships(model):
        known[found.fact].add(found.dimension)
    facts = {of.table.name for of in model if of.table.is_fact}
    guarded = set()
    for measure in MEASURES:
        used = {table for table, _ in names(measure.dax)[0]} & facts - {"Data status"}
        if len(used) < 2 and "Budget" not in used:
            continue
        guarded.add(measure.name)
        by_some = set.union(*(known[fact] for fact in used | {"Journal entries"}))
        by_all = set.intersection(*(known[fact] for fact in used | {"Journal entries"}))
        # Period gives balances their day: their postings obey it no longer.
        own = used - {"Budget"} if "Account balances" in used else set()
        days = {"Period"} if "ALL ( 'Period' )" in measure.dax else set()
        for one in (by_some - by_all - days) | own | {"Journal entries"}:
            assert f"ISFILTERED ( '{one}' )" in measure.dax, (measure.name, one)
    assert guarded == {"Balance", "Opening balance", "Budget", "Actual in budgeted months"}
    # Roles of the model hide rows of dimensions from readers: that is no choice of theirs.
    [balance] = [measure.dax for measure in MEASURES if measure.name == "Balance"]
    for dimension in POSTINGS_ONLY:
        assert f"COUNTROWS ( '{dimension}' ) < CALCULATE ( COUNTROWS ( '{dimension}' ), ALL ( '{dimension}' ) )" in balance  # fmt: skip


def test_what_a_role_hides_is_no_choice(model: tuple[Loaded, ...]) -> None:
    """ISFILTERED may count the filter of a role; with fewer rows than the reader may see at all, something is chosen."""
    dimensions = {of.table.name for of in model if not of.table.is_fact}
    asked = set()
    for measure in MEASURES:
        for name in re.findall(r"ISFILTERED \( '([^']+)' \)", measure.dax):
            if name in dimensions:
                asked.add(name)
                rows = f"COUNTROWS ( '{name}' )"
                guarded = (
                    f"ISFILTERED ( '{name}' ) && {rows} < CALCULATE ( {rows}, ALL ( '{name}' ) )"
                )
                bare = measure.dax.replace(guarded, "")
                assert f"ISFILTERED ( '{name}' )" not in bare, measure.name
    assert asked == {*POSTINGS_ONLY, "Period"}


def calls(text: str, *names: str) -> list[FunctionExpression]:
    """Calls of these functions in an expression, however deep."""
    found = dax.to_ast(text).find_all(FunctionExpression)
    return [call for call in found if call.function_name() in names]


def replaced(text: str) -> set[str]:
    """Tables on whose columns CALCULATE puts a condition in the place of the reader's own."""
    found: set[str] = set()
    for call in calls(text, "CALCULATE", "CALCULATETABLE"):
        conditions = cleared = ""
        for one in call.args[1:]:
            if not isinstance(one, FunctionExpression):
                conditions += "".join(map(str, one.find_all(ColumnExpression)))
            elif one.function_name() == "ALL":
                cleared += "".join(map(str, one.find_all(TableExpression)))
        found |= {*_NAME.findall(conditions)} - {*_NAME.findall(cleared)}
    return found


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("CALCULATE ( [X], 'A b'[c] <= 1 )", {"A b"}),
        ("CALCULATE ( [X], 'A b'[c] <= 1 && ( 'A b'[c] > 0 || 'A b'[d] = 2 ) )", {"A b"}),
        ("CALCULATETABLE ( VALUES ( 'A'[c] ), 'A'[c] IN { 1, 2 } )", {"A"}),
        ("IF ( 1 = 1, 1 + CALCULATE ( [X], ALL ( 'B' ), 'A'[c] = 1 ) )", {"A"}),
        ("CALCULATE ( [X], ALL ( 'A' ), 'A'[c] <= 1 )", set()),
        ("CALCULATE ( [X], KEEPFILTERS ( 'A'[c] <= 1 ) )", set()),
        ("SUMX ( FILTER ( 'A', 'A'[c] = 1 ), [X] )", set()),
    ],
)
def test_a_replaced_choice_is_seen(text: str, tables: set[str]) -> None:
    assert replaced(text) == tables


def test_a_readers_own_choice_of_a_column_is_kept() -> None:
    """What falls due in March, in a table of what is open: a condition of the measure's adds to it, and does not take its place."""
    for measure in MEASURES:
        empty_if_chosen = set(re.findall(r"ISFILTERED \( '([^']+)' \)", measure.dax))
        assert replaced(measure.dax) <= empty_if_chosen, measure.name


def test_the_balance_at_the_end_of_a_month_is_of_no_posting() -> None:
    """Those of long ago are not loaded: incremental refresh."""
    for name, ends in (("Balance", ">="), ("Opening balance", ">")):
        [text] = [measure.dax for measure in MEASURES if measure.name == name]
        [choice] = [call for call in calls(text, "IF") if len(call.args) == 3]
        assert f"IF (\n                        TheDay {ends} LastDay,\n" in text, name
        at_the_end, before = map(str, choice.args[1:])
        assert "[Closing base]" in at_the_end
        assert "'Journal entries'" not in at_the_end
        assert "[Opening base]" in before
        assert "'Journal entries'" in before


def test_a_choice_of_periods_is_a_choice_of_days() -> None:
    """Whoever looks at other days than those chosen looks at them in all periods."""
    others = [m for m in MEASURES if "ALL ( 'Date' )" in m.dax or "TREATAS ( ComparedDays" in m.dax]
    of_postings = {
        measure.name
        for measure in others
        if ("Journal entries", "Amount base") in names(measure.dax)[0]
        or re.search(r"\[(Result|Actual in budgeted months)\]", measure.dax)
    }
    assert of_postings == {
        "Balance", "Opening balance", "Result year to date", "Actual year to date", "Result previous year", "Actual in budgeted months",
    }  # fmt: skip
    for measure in MEASURES:
        if measure.name in of_postings - {"Actual in budgeted months"}:
            assert "ALL ( 'Period' )" in measure.dax, measure.name
        if "ChosenDays" in measure.dax:
            assert "NOT ( IsByPeriod )" in measure.dax, measure.name
    days = {measure.name for measure in MEASURES if "ChosenDays" in measure.dax}
    assert days == {"Balance day", "Comparison day", "Opening balance", "Movement", "Result change"}
    free = {m.name for m in MEASURES if "VALUES ( 'Date'[Date] )" in m.dax} - days
    assert free == {"Result previous year"}


#: Names that DAX or MDX keep for themselves are one word, and tables get new ones.
_VARIABLE = re.compile(r"(?:[A-Z][a-z]+){2,}")


def test_variables_have_no_name_of_a_table_or_keyword(model: tuple[Loaded, ...]) -> None:
    """Power BI refuses a measure whose variable is named as a table, and all that are made of it."""
    tables = {of.table.name.lower() for of in model}
    found = {variable for text in all_dax(model).values() for variable in _VAR.findall(text)}
    assert len(found) > 10
    assert [name for name in sorted(found) if not _VARIABLE.fullmatch(name)] == []
    assert {name.lower() for name in found} & tables == set()


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
    assert (
        "IF ( [Currencies] <= 1 || TheDifference = 0, TheDifference )" in adds["Proof difference"]
    )
    # What has no value is made none by the measures that are made of it: nothing adds a number to it.
    rest = [m for m in MEASURES if m.format == MONEY and m.name not in adds]
    assert len(rest) > 5
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
    text: Any = model_files(model)[f"tables/{MEASURES_TABLE}.tmdl"]
    written = expressions_of(text)
    for measure in MEASURES:
        assert measure.dax in written, measure.name
