"""The semantic model as text: its grammar, and that it is of the warehouse."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping
from datetime import date

import pytest

from saldo.powerbi.added import added_columns
from saldo.powerbi.columns import Loaded
from saldo.powerbi.model import AGEING_TABLE, MEASURES_TABLE
from saldo.powerbi.relationships import relationships
from saldo.powerbi.report.pages import PAGES
from saldo.powerbi.report.visuals import Box
from saldo.powerbi.tables import LEFT_OUT, OWN_TIMES
from saldo.powerbi.types import power_type
from saldo.validation.suites import SUITES
from saldo.warehouse.catalogue import Table, tables
from saldo.warehouse.connection import Connection
from tests.powerbi.reading import Line, lines

NAME = r"(?:[A-Za-z_]\w*|'(?:[^']|'')+')"
#: Object -> (the objects it stands in, its properties).
GRAMMAR = {
    "database": ("", "compatibilityLevel"),
    "model": ("", "culture defaultPowerBIDataSourceVersion discourageImplicitMeasures sourceQueryCulture dataAccessOptions"),
    "dataAccessOptions": ("model", "legacyRedirects returnErrorValuesAsNull"),
    "expression": ("", "lineageTag"),
    "relationship": ("", "isActive fromColumn toColumn"),
    "table": ("", "isHidden dataCategory lineageTag"),
    "column": (
        "table",
        "dataType isHidden isKey formatString dataCategory displayFolder lineageTag summarizeBy isAvailableInMdx sourceColumn sortByColumn",
    ),
    "measure": ("table", "formatString displayFolder lineageTag"),
    "hierarchy": ("table", "lineageTag"),
    "level": ("hierarchy", "lineageTag column"),
    "partition": ("table", "mode source"),
    "refreshPolicy": (
        "table",
        "policyType rollingWindowGranularity rollingWindowPeriods incrementalGranularity incrementalPeriods sourceExpression",
    ),
    "role": ("", "modelPermission"),
    "tablePermission": ("role", ""),
    "annotation": (" table column expression", ""),
    "ref": ("", ""),
}  # fmt: skip
_BOOLEANS = {"isHidden", "isKey", "discourageImplicitMeasures", "legacyRedirects", "returnErrorValuesAsNull"}  # fmt: skip
_HEAD = re.compile(
    rf"^(database|model|expression|relationship|table|column|measure|hierarchy|level|partition|role|tablePermission|annotation) ({NAME}|[0-9a-f-]+)(?: = ?.*)?$"
    rf"|^(ref) (?:table|role) ({NAME})$|^(refreshPolicy|dataAccessOptions)()$"
)
_PROPERTY = re.compile(r"^(\w+)(?:: \S.*| =)?$")


def faults(text: str) -> list[str]:
    """What is no TMDL, line by line."""
    found: list[str] = []
    stack: list[str] = []
    is_described = False
    for line in lines(text):
        if line.text.startswith("/// "):
            is_described = True
            continue
        stack = stack[: line.depth]
        parent = stack[-1] if stack else ""
        if len(stack) != line.depth:
            found.append(f"{line.number}: too far in")
        elif head := _HEAD.match(line.text):
            kind = next(group for group in head.groups()[::2] if group)
            if parent not in GRAMMAR[kind][0].split(" "):
                found.append(f"{line.number}: {kind} in {parent or 'nothing'}")
            stack.append(kind)
        elif is_described or not _is_property(line, parent):
            found.append(f"{line.number}: {line.text!r} in {parent or 'nothing'}")
        is_described = False
    return found


def _is_property(line: Line, parent: str) -> bool:
    found = _PROPERTY.match(line.text)
    if not parent or not found or found[1] not in GRAMMAR[parent][1].split(" "):
        return False
    return (found[1] in _BOOLEANS) == (found[0] == found[1])


def test_every_file_is_tmdl(files: dict[str, str]) -> None:
    tmdl = {path: text for path, text in files.items() if path.endswith(".tmdl")}
    assert len(tmdl) > 30
    assert {path: wrong for path, text in tmdl.items() if (wrong := faults(text))} == {}


@pytest.mark.parametrize(
    "broken",
    [
        "table A\n    lineageTag: x",
        "table A\n\t\tlineageTag: x",
        "table A\n\tcolour: red",
        "table A\n\tcolumn My name\n\t\tdataType: string",
        "column A\n\tdataType: string",
        "table A\n\tisHidden: true",
        "table A\n\tmeasure B =\n\t\tSUM ( x )",
        "table A\n\t/// said of a property\n\tlineageTag: x",
    ],
)
def test_a_fault_is_seen(broken: str) -> None:
    try:
        found = faults(broken + "\n")
    except AssertionError as error:
        found = [str(error)]
    assert found


def test_columns_are_those_of_the_warehouse_with_its_types_and_texts(
    files: dict[str, str], mart: Mapping[str, Table], model: tuple[Loaded, ...]
) -> None:
    for of in model:
        source = {column.name: column for column in mart[f"mart.{of.table.source}"].columns}
        text = files[f"Saldo.SemanticModel/definition/tables/{of.table.name}.tmdl"]
        written = re.findall(
            rf"\t/// (.+)\n\tcolumn ({NAME})(?: =\n(?:\t\t\t.*\n)+|\n)((?:\t\t\w.*\n)+)", text
        )
        assert len(written) == len(of.columns), of.table.name
        in_query = set()
        for comment, _, properties in written:
            said = dict(re.findall(r"\t\t(\w+): (.+)\n", properties))
            if "sourceColumn" not in said:
                continue  # worked out by the model
            in_query.add(said["sourceColumn"])
            assert said["summarizeBy"] == "none"
            if column := source.get(said["sourceColumn"]):
                assert said["dataType"] == power_type(column.type, column.name).data_type
                assert comment == " ".join(column.comment.split())
        chosen = re.search(r"Table\.SelectColumns\(Data, \{([^}]*)\}\)", text)
        assert chosen
        assert set(re.findall(r'"(\w+)"', chosen[1])) == in_query & source.keys()
        # What is in the model and not in the warehouse is worked out by a step of the query.
        added = in_query - source.keys()
        assert all(f'"{name}"' in text for name in added), added


def test_names_are_unique_whatever_their_case(model: tuple[Loaded, ...]) -> None:
    tables = [of.table.name.lower() for of in model]
    assert len(tables) == len(set(tables))
    for of in model:
        names = [column.name.lower() for column in of.columns]
        assert len(names) == len(set(names)), of.table.name
        assert not [name for name in names if "_" in name]


#: Power BI Desktop opens no model with a table of the first name, under which MDX has all measures; the others are devices of Windows, whose name no file has.
_REFUSED = {"measures", "aux", "clock$", "con", "nul", "prn", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}  # fmt: skip
_NO_FILE = re.compile(r'[\\/:*?"<>|]|\.$')


def is_refused(kind: str, name: str) -> bool:
    """https://learn.microsoft.com/en-us/analysis-services/multidimensional-models/olap-physical/object-naming-rules-analysis-services

    Tables and roles are files, too."""
    is_name = 0 < len(name) <= 100 and name == name.strip() and name.isprintable()
    is_file = kind not in ("table", "role") or not _NO_FILE.search(name)
    return name.lower() in _REFUSED or not is_name or not is_file


def test_no_name_is_one_that_power_bi_refuses(files: dict[str, str]) -> None:
    found = set()
    for path, text in files.items():
        for line in lines(text) if path.endswith(".tmdl") else ():
            head = _HEAD.match(line.text)
            if head and head[1] not in (None, "relationship", "annotation"):
                name = head[2].strip("'").replace("''", "'")
                found.add((head[1], name))
    assert {kind for kind, _ in found} >= {"table", "column", "measure", "hierarchy", "role"}
    assert ("table", MEASURES_TABLE) in found
    assert [one for one in sorted(found) if is_refused(*one)] == []


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *(("table", name) for name in ("Measures", "measures", "MEASURES", "Con", "lpt1", "A/B", "A.", "A?")),
        ("role", "a:b"),
        *(("column", name) for name in ("", " A", "A ", "A\tB", "A\u0007", "A" * 101)),
    ],
)  # fmt: skip
def test_a_refused_name_is_seen(kind: str, name: str) -> None:
    assert is_refused(kind, name)


def test_names_with_blanks_signs_and_letters_of_all_kinds_are_fine() -> None:
    for name in ("Key figures", "Variance year to date %", "Result outside the group's lines", "Lønkørsel", "A" * 100):  # fmt: skip
        assert not is_refused("column", name), name


def test_every_table_of_the_mart_is_in_or_out_for_a_reason(
    mart: Mapping[str, Table], model: tuple[Loaded, ...]
) -> None:
    inside = {of.table.source for of in model}
    assert inside | LEFT_OUT.keys() == {table.name for table in mart.values()}
    assert inside & LEFT_OUT.keys() == set()


def test_the_schema_without_what_is_personal_has_the_same_tables(
    mart: Mapping[str, Table], model: tuple[Loaded, ...], warehouse: Connection
) -> None:
    """PgSchema names one of the two: whatever the model loads is in both, and of the same type."""
    masked = tables(warehouse, "mart_masked")
    for of in model:
        theirs = {c.name: c.type for c in masked[f"mart_masked.{of.table.source}"].columns}
        ours = {c.name: c.type for c in mart[f"mart.{of.table.source}"].columns}
        loads = {c.source for c in of.columns if c.from_warehouse and not c.dax}
        assert {name: theirs.get(name) for name in loads} == {name: ours[name] for name in loads}


def test_the_model_is_a_star(model: tuple[Loaded, ...], warehouse: Connection) -> None:
    found = relationships(model)
    facts = {of.table.name for of in model if of.table.is_fact} - {"User agreement"}
    types = {(of.table.name, c.name): c.type.data_type for of in model for c in of.columns}
    keys = {of.table.name: of.table.source for of in model if not of.table.is_fact}
    for one in found:
        assert one.fact in facts
        assert one.dimension in keys, "a snowflake"
        assert types[one.fact, one.column] == types[one.dimension, one.key] == "int64"
        key = one.key.lower().replace(" ", "_")
        row = warehouse.execute(
            f"select count(*) = count(distinct {key}) from mart.{keys[one.dimension]}".encode()
        ).fetchone()
        assert row == (True,), f"{one.dimension} is not one row a key"
    active = [(one.fact, one.dimension) for one in found if one.is_active]
    assert len(active) == len(set(active)), "two active relationships between two tables"
    dated = {fact for fact, dimension in active if dimension == "Date"}
    assert dated == facts - {"Data status"}
    assert {fact for fact, dimension in active if dimension == "Agreement"} == facts
    inactive = {(one.fact, one.column) for one in found if not one.is_active}
    assert ("Receivables", "Falls due key") in inactive


def test_keys_are_hidden_and_the_date_table_is_marked(
    files: dict[str, str], model: tuple[Loaded, ...]
) -> None:
    for of in model:
        for column in of.columns:
            if column.source.endswith("_key"):
                assert column.is_hidden, (of.table.name, column.name)
    date = files["Saldo.SemanticModel/definition/tables/Date.tmdl"]
    assert "\n\tdataCategory: Time\n" in date
    assert re.search(r"\tcolumn Date\n\t\tdataType: dateTime\n\t\tisKey\n", date)
    assert "discourageImplicitMeasures" in files["Saldo.SemanticModel/definition/model.tmdl"]


def test_a_fact_shows_no_time_that_date_or_period_has(model: tuple[Loaded, ...]) -> None:
    """A choice of it would be none of other facts, nor of the day that balances are of."""
    days = {suite.table: suite.date for suite in SUITES}
    found = relationships(model)
    for of in model:
        related = {one.dimension for one in found if one.fact == of.table.name and one.is_active}
        columns = {column.source: column for column in of.columns}
        if "Date" in related:
            day = of.table.date or days.get(of.table.source, "date")
            assert columns[day].is_hidden, of.table.name
        if "Period" in related:
            assert not columns.keys() & {"accounting_year", "period"}, of.table.name
        if of.table.is_fact:
            assert all(columns[name].is_hidden for name in OWN_TIMES & columns.keys())
    [balances] = [of for of in model if of.table.name == "Account balances"]
    year = next(c for c in balances.columns if c.source == "accounting_year")
    assert year.is_hidden  # which measures ask for
    assert sum("Period" in {one.dimension for one in found if one.fact == of.table.name} for of in model) == 1  # fmt: skip


def test_sorting_columns_are_of_the_same_table_and_stay_available(model: tuple[Loaded, ...], files: dict[str, str]) -> None:  # fmt: skip
    count = 0
    for of in model:
        text = files[f"Saldo.SemanticModel/definition/tables/{of.table.name}.tmdl"]
        for column in of.columns:
            if column.sorted_by:
                by = of.named(column.sorted_by)
                count += 1
                block = text.split(f"column {by!r}\n" if " " in by else f"column {by}\n")[1]
                assert "isAvailableInMdx: false" not in block.split("\tcolumn ")[0]
    assert count == 6


#: The steps that choose a partition's rows: how far behind the clock is, what ended months read, what the clock's own reads.
WINDOW = re.compile(
    r"Clock = DateTimeZone\.RemoveZone\(DateTimeZone\.FixedUtcNow\(\)\) - #duration\(0, (\d+), 0, 0\),\n\s*"
    r"Window = if RangeEnd <= Clock then Table\.SelectRows\(\w+, each (.+)\) "
    r"else if RangeStart <= Clock then Table\.SelectRows\(\w+, each (.+)\) else Table\.FirstN\(\w+, 0\)"
)


def test_facts_with_a_window_are_refreshed_by_their_posting_date(files: dict[str, str]) -> None:
    found = {}
    for path, text in files.items():
        if "refreshPolicy" in text and path.endswith(".tmdl"):
            name = path.rpartition("/")[2].removesuffix(".tmdl")
            # The policy's query and that of the partition are one.
            of_policy, of_partition = WINDOW.findall(text)
            assert of_policy == of_partition
            found[name] = set(re.findall(r"\[(\w+)\]", " ".join(of_policy[1:])))
    assert found == {
        "Journal entries": {"date"},
        "Invoice lines": {"invoice_date"},
        "Timesheets": {"date"},
    }
    expressions = files["Saldo.SemanticModel/definition/expressions.tmdl"]
    for name in ("RangeStart", "RangeEnd"):
        assert re.search(
            rf'expression {name} = #datetime\(.*\) meta \[IsParameterQuery=true, Type="DateTime"',
            expressions,
        )


@pytest.mark.parametrize(
    ("now", "service"),
    [
        ("2026-11-15 04:00", "2026-11-15"),
        ("2026-11-30 23:59", "2026-11-30"),
        ("2026-11-30 23:30", "2026-12-01"),  # it is in Copenhagen's time zone
        ("2026-12-01 04:00", "2026-12-01"),
        ("2026-12-01 04:00", "2026-11-30"),  # or New York's
        ("2026-12-01 11:59", "2026-11-30"),
        ("2026-12-01 20:00", "2026-12-01"),
    ],
)
def test_every_row_is_in_one_partition_whatever_its_date(
    files: dict[str, str], model: tuple[Loaded, ...], warehouse: Connection, now: str, service: str
) -> None:
    """The partitions that the service makes of the policy on a day, and the query's own conditions, asked of Postgres.

    now: by UTC, which the query asks for; service: what Power BI holds to be today.
    """
    for of in model:
        if not (day := of.table.window):
            continue
        # A row without a date would be in none.
        assert next(column for column in of.columns if column.source == day).is_required
        text = files[f"Saldo.SemanticModel/definition/tables/{of.table.name}.tmdl"]
        assert "rollingWindowGranularity: year\n\t\trollingWindowPeriods: 15\n" in text
        behind, *conditions = WINDOW.findall(text)[0]
        within, later = (
            condition.replace(f"[{day}]", "d.day").replace("Date.From(Range", "date(p.range_")
            for condition in conditions
        )
        rows = warehouse.execute(
            "with p as (select s as range_Start, s + interval '1 month' as range_End from generate_series("
            "date_trunc('year', %(service)s::timestamp) - interval '15 years', %(service)s::timestamp, interval '1 month') as s), "
            "d as (select s::date as day from generate_series(date '2011-01-01', date '2031-01-10', interval '1 day') as s), "
            "c as (select %(now)s::timestamp - make_interval(hours => %(behind)s) as clock), "
            "n as (select d.day, (select count(*) from p, c where case when p.range_End <= c.clock "
            f"then {within} when p.range_Start <= c.clock then {later} else false end) as places from d) "
            "select min(places), max(places), min(day), max(day) from n".encode(),
            {"now": now, "service": service, "behind": int(behind)},
        ).fetchall()
        assert rows == [(1, 1, date(2011, 1, 1), date(2031, 1, 10))], of.table.name


_DAYS = re.compile(r"Days = Table\.TransformColumns\((\w+), \{(.+)\}\),?\n")
_KNOWN_DAY = re.compile(
    r'\{"(\w+)", each if _ = null or _ (>=) #date\((\d+), (\d+), (\d+)\) then _ else null, type nullable date\}'
)


def test_days_that_power_bi_does_not_know_are_empty(
    files: dict[str, str],
    mart: Mapping[str, Table],
    model: tuple[Loaded, ...],
    warehouse: Connection,
) -> None:
    """One typed as 0206 or 0001 would end the refresh of the whole model, or be some other day."""
    asked = ["0001-01-01", "0206-03-30", "1753-01-01", "1899-12-31", "1900-01-01", "1926-05-01", "2026-02-28", "9999-12-31", None]  # fmt: skip
    count = 0
    for of in model:
        text = files[f"Saldo.SemanticModel/definition/tables/{of.table.name}.tmdl"]
        loads = {column.source for column in of.columns if column.from_warehouse}
        typed = {
            column.name
            for column in mart[f"mart.{of.table.source}"].columns
            if column.type == "date" and column.name in loads
        }
        if of.table.name == "Date":
            typed = set()
        mended = {one for _, steps in _DAYS.findall(text) for one in _KNOWN_DAY.findall(steps)}
        assert {name for name, *_ in mended} == typed, of.table.name
        for _, sign, *numbers in mended:
            count += 1
            row = warehouse.execute(
                f"select array_agg((case when d is null or d {sign} make_date({', '.join(numbers)}) then d end)::text order by n) "
                "from unnest(%s::date[]) with ordinality as u (d, n)".encode(),
                [asked],
            ).fetchone()
            assert row == ([None, None, None, None, *asked[4:]],)
        if typed and of.table.window:
            assert _DAYS.findall(text)[0][0] == "Window"
    assert count > 20


def test_a_day_outside_the_calendar_makes_no_year_one_in_use(
    model: tuple[Loaded, ...], warehouse: Connection
) -> None:
    """A posting of 3026 or 0206. Date's own first and last day are the bounds, and the whole table would be a circle."""
    row = warehouse.execute(
        "select min(date), max(date) from mart.dim_date where date_key <> -1"
    ).fetchone()
    assert row
    first, last = (f"DATE ( {day.year}, {day.month}, {day.day} )" for day in row)
    [calendar] = [of for of in model if of.table.name == "Date"]
    seen = set()
    for added in added_columns(calendar.table):
        text = added.dax
        for column in re.findall(r"ALL \( ('[^']+'\[[^\]]+\]) \)", text):
            days = f"FILTER ( ALL ( {column} ), {column} >= {first} && {column} <= {last} )"
            assert days in text
            text = re.sub(
                rf"M(?:AX|IN)X \( \w+, {re.escape(column)} \)", "", text.replace(days, "")
            )
            seen.add((added.name, column))
        # What is left of facts is of Saldo's own clock.
        facts = {name for name in re.findall(r"'([^']+)'", text) if name != "Date"}
        assert facts <= {"Data status"}, added.name
    assert seen == {
        ("In use", "'Journal entries'[Date]"),
        ("In use", "'Budget'[Month]"),
        ("Has begun", "'Journal entries'[Date]"),
    }


def test_queries_are_whole(files: dict[str, str]) -> None:
    """Brackets close in their order outside of texts, and every step is made of one before it."""
    count = 0
    for path, text in files.items():
        if not path.endswith(".tmdl"):
            continue
        for line in lines(text):
            if line.text in ("source =", "sourceExpression ="):
                count += 1
                assert balanced(line.expression), path
                steps = re.findall(r"^    (\w+) = (.+?),?$", line.expression, re.MULTILINE)
                known: set[str] = set()
                for name, expression in steps:
                    outside = re.sub(r'"[^"]*"', "", expression)
                    used = {
                        other
                        for other, _ in steps
                        if re.search(rf"(?<![\w.\[])\b{other}\b(?![\w.\]])", outside)
                    }
                    assert used <= known, (path, name)
                    assert name not in known, (path, name)
                    known.add(name)
                assert line.expression.rpartition("in\n    ")[2] == steps[-1][0]
    assert count == 29


def test_what_is_not_there_is_no_cash(files: dict[str, str]) -> None:
    """A parameter that ends in ; has an empty name, and most accounts have no line of a group's report: neither makes all of them cash."""
    text = files["Saldo.SemanticModel/definition/tables/Account.tmdl"]
    steps = dict(re.findall(r"^\s+(CashNames|WithIsCash) = (.+),$", text, re.MULTILINE))
    assert steps["CashNames"].endswith(', each _ <> "")')
    assert "List.Transform(List.RemoveNulls({[name], [section], [report_line]}), Text.Lower)" in steps["WithIsCash"]  # fmt: skip
    assert '""' not in steps["WithIsCash"]


def test_two_agreements_of_one_company_are_two(
    files: dict[str, str], model: tuple[Loaded, ...]
) -> None:
    """A slicer, and a row of a table, are of what they show: of names alone both would be one, and their balances added."""
    text = files["Saldo.SemanticModel/definition/tables/Agreement.tmdl"]
    steps = dict(re.findall(r"^\s+(AgreementNames|WithAgreement) = (.+?),?$", text, re.MULTILINE))
    assert steps["AgreementNames"] == "List.Buffer(List.Transform(Rows[name], each Text.Lower(Text.TrimEnd(_))))"  # fmt: skip
    alike = "List.Count(List.Select(AgreementNames, (one) => one = Text.Lower(Text.TrimEnd([name])))) > 1"  # fmt: skip
    named = f'each if {alike} then [name] & " (" & [agreement_id] & ")" else [name]'
    assert steps["WithAgreement"] == f'Table.AddColumn(Rows, "agreement", {named}, type text)'
    [agreement] = [of for of in model if of.table.name == "Agreement"]
    assert agreement.named("agreement") == "Agreement"


def test_customers_of_one_name_are_told_apart_by_their_numbers() -> None:
    for page in PAGES:
        for visual in page.visuals:
            names = {(field.table, field.name) for field in visual.fields}
            for who in ("Customer", "Supplier"):
                assert (who, f"{who} number") in names or (who, who) not in names, visual.title


def balanced(text: str) -> bool:
    pairs, open_ones = {")": "(", "]": "[", "}": "{"}, []
    for sign in re.sub(r'"[^"]*"', "", text):
        if sign in pairs.values():
            open_ones.append(sign)
        elif sign in pairs and (not open_ones or open_ones.pop() != pairs[sign]):
            return False
    return not open_ones and text.count('"') % 2 == 0


def test_an_open_bracket_is_seen() -> None:
    assert balanced('f({[a = ")"]})')
    assert not any(map(balanced, ("f(", "f(]", '"', "f)")))


def test_the_diagrams_show_every_table_and_a_star_for_each_fact(
    files: dict[str, str], model: tuple[Loaded, ...]
) -> None:
    whole, *stars = json.loads(files["Saldo.SemanticModel/diagramLayout.json"])["diagrams"]
    tables = sorted([*(of.table.name for of in model), MEASURES_TABLE, AGEING_TABLE])
    assert sorted(node["nodeIndex"] for node in whole["nodes"]) == tables
    pairs = {(one.fact, one.dimension) for one in relationships(model)}
    shown = {
        (star["name"], node["nodeIndex"])
        for star in stars
        for node in star["nodes"]
        if node["nodeIndex"] != star["name"]
    }
    assert shown == pairs
    for diagram in (whole, *stars):
        boxes = [
            Box(n["location"]["x"], n["location"]["y"], n["size"]["width"], n["size"]["height"])
            for n in diagram["nodes"]
        ]
        overlapping = [1 for a, b in itertools.combinations(boxes, 2) if a.overlaps(b)]
        assert not overlapping, diagram["name"]
