"""The semantic model: the files below Saldo.SemanticModel/definition."""

from __future__ import annotations

from collections.abc import Sequence

from . import m
from .columns import Loaded, ModelColumn
from .measures import MEASURES, Measure
from .names import friendly, quoted, tag
from .relationships import relationships, text
from .roles import DYNAMIC, TEMPLATE, dynamic_role, static_role
from .tmdl import declared, described, indented
from .types import INTEGER, TEXT

#: Years and months that incremental refresh keeps and reads again; a posting of an older date needs a full refresh.
KEPT_YEARS, READ_MONTHS = 15, 24
#: Power BI Desktop opens no model with a table called Measures.
MEASURES_TABLE, AGEING_TABLE = "Key figures", "Ageing"
_CULTURE = "en-US"
#: Table -> (hierarchy, its levels as columns).
_HIERARCHIES = {
    "Date": (
        ("Calendar", ("Year", "Quarter", "Month", "Date")),
        ("Fiscal calendar", ("Fiscal year", "Fiscal quarter", "Fiscal month", "Date")),
    ),
    "Account": (
        ("Statement", ("Section", "Account")),
        ("Group report", ("Report line", "Group account name", "Account")),
    ),
}


def model_files(tables: Sequence[Loaded], agreements: Sequence[str] = ()) -> dict[str, str]:
    """Path below the definition -> text. agreements: ids that get a role of their own."""
    files = {
        "database.tmdl": declared("database Saldo", [("compatibilityLevel", "1601")]) + "\n",
        "model.tmdl": _model(tables, agreements),
        "expressions.tmdl": _expressions(),
        "relationships.tmdl": text(relationships(tables)),
        f"tables/{MEASURES_TABLE}.tmdl": _measures(),
        f"tables/{AGEING_TABLE}.tmdl": _ageing(),
        f"roles/{DYNAMIC}.tmdl": dynamic_role(tables),
        f"roles/{TEMPLATE}.tmdl": static_role(TEMPLATE, "write-its-id-here", tables),
    }
    for loaded in tables:
        files[f"tables/{loaded.table.name}.tmdl"] = _table(loaded)
    for id in agreements:
        files[f"roles/{id}.tmdl"] = static_role(id, id, tables)
    return files


def _model(tables: Sequence[Loaded], agreements: Sequence[str]) -> str:
    names = [MEASURES_TABLE, *(loaded.table.name for loaded in tables), AGEING_TABLE]
    order = ", ".join(f'"{name}"' for name in [*(one.name for one in m.PARAMETERS), *names])
    head = declared(
        "model Model",
        [
            ("culture", _CULTURE),
            ("defaultPowerBIDataSourceVersion", "powerBI_V3"),
            ("discourageImplicitMeasures", True),
            ("sourceQueryCulture", _CULTURE),
        ],
    )
    parts = [
        f"{head}\n\tdataAccessOptions\n\t\tlegacyRedirects\n\t\treturnErrorValuesAsNull",
        "annotation __PBI_TimeIntelligenceEnabled = 0",
        f"annotation PBI_QueryOrder = [{order}]",
        "\n".join(f"ref table {quoted(name)}" for name in names),
        "\n".join(f"ref role {quoted(name)}" for name in (DYNAMIC, TEMPLATE, *agreements)),
    ]
    return "\n\n".join(parts) + "\n"


def _expressions() -> str:
    return (
        "\n\n".join(
            described(
                one.comment,
                declared(
                    f"expression {one.name} = {m.parameter(one)}",
                    [("lineageTag", tag("expression", one.name))],
                    children=["annotation PBI_ResultType = " + one.kind],
                ),
            )
            for one in m.PARAMETERS
        )
        + "\n"
    )


def _table(of: Loaded) -> str:
    table = of.table
    children = [_column(table.name, of, column) for column in of.columns]
    children += [
        _hierarchy(table.name, name, levels) for name, levels in _HIERARCHIES.get(table.name, ())
    ]
    query = m.query(of)
    if table.window:
        children.append(_refresh_policy(query))
    children.append(_partition(table.name, query))
    return _written(
        of.comment,
        table.name,
        children,
        [
            ("isHidden", table.is_hidden),
            ("dataCategory", "Time" if table.source == "dim_date" else ""),
        ],
    )


def _written(
    comment: str, name: str, children: Sequence[str], properties: Sequence[tuple[str, str | bool]] = ()
) -> str:  # fmt: skip
    tagged = [*properties, ("lineageTag", tag("table", name))]
    found = declared(
        f"table {quoted(name)}",
        tagged,
        children=[*children, "annotation PBI_ResultType = Table"],
    )
    return described(comment, found) + "\n"


def _column(table: str, of: Loaded, column: ModelColumn) -> str:
    sorting = {other.sorted_by for other in of.columns}
    is_day_of_dates = of.table.source == "dim_date" and column.source == "date"
    found = declared(
        f"column {quoted(column.name)}",
        [
            ("dataType", column.type.data_type),
            ("isHidden", column.is_hidden),
            ("isKey", is_day_of_dates),
            ("formatString", column.type.format),
            ("dataCategory", "WebUrl" if column.source == "pdf_url" else ""),
            ("displayFolder", column.folder),
            ("lineageTag", tag("column", table, column.source)),
            ("summarizeBy", "none"),
            # A column that another one is sorted by needs what this takes away.
            (
                "isAvailableInMdx",
                "false" if column.is_hidden and column.source not in sorting else "",
            ),
            ("sourceColumn", "" if column.dax else column.source),
            ("sortByColumn", quoted(of.named(column.sorted_by)) if column.sorted_by else ""),
        ],
        expression=column.dax,
        children=["annotation SummarizationSetBy = User"],
    )
    return described(column.comment, found)


def _hierarchy(table: str, name: str, levels: Sequence[str]) -> str:
    return declared(
        f"hierarchy {quoted(name)}",
        [("lineageTag", tag("hierarchy", table, name))],
        children=[
            declared(
                f"level {quoted(level)}",
                [("lineageTag", tag("level", table, name, level)), ("column", quoted(level))],
            )
            for level in levels
        ],
    )


def _partition(table: str, query: str) -> str:
    return declared(f"partition {quoted(table)} = m", [("mode", "import")]) + "\n" + _source(query)


def _source(query: str, name: str = "source") -> str:
    """A property whose value is a query."""
    return indented(declared(name, expression=query), 1)


def _refresh_policy(query: str) -> str:
    return (
        declared(
            "refreshPolicy",
            [
                ("policyType", "basic"),
                ("rollingWindowGranularity", "year"),
                ("rollingWindowPeriods", str(KEPT_YEARS)),
                ("incrementalGranularity", "month"),
                ("incrementalPeriods", str(READ_MONTHS)),
            ],
        )
        + "\n"
        + _source(query, "sourceExpression")
    )


def _measure(of: Measure) -> str:
    found = declared(
        f"measure {quoted(of.name)}",
        [
            ("formatString", of.format),
            ("displayFolder", of.folder),
            ("lineageTag", tag("measure", of.name)),
        ],
        expression=of.dax,
    )
    return described(of.comment, found)


def _measures() -> str:
    column = declared(
        "column Measure",
        [
            ("dataType", TEXT.data_type),
            ("isHidden", True),
            ("lineageTag", tag("column", MEASURES_TABLE, "measure")),
            ("summarizeBy", "none"),
            ("sourceColumn", "measure"),
        ],
    )
    children = [*map(_measure, MEASURES), column, _partition(MEASURES_TABLE, m.no_rows())]
    return _written("What can be shown; the table has no rows.", MEASURES_TABLE, children)


def _ageing() -> str:
    columns = []
    for source, type in (("bucket", TEXT), ("place", INTEGER), ("days_from", INTEGER), ("days_to", INTEGER)):  # fmt: skip
        columns.append(
            declared(
                f"column {quoted(friendly(source))}",
                [
                    ("dataType", type.data_type),
                    ("isHidden", source != "bucket"),
                    ("formatString", type.format),
                    ("lineageTag", tag("column", AGEING_TABLE, source)),
                    ("summarizeBy", "none"),
                    ("sourceColumn", source),
                    ("sortByColumn", "Place" if source == "bucket" else ""),
                ],
            )
        )
    return _written(
        "Days overdue: put it beside Receivables by age or Payables by age.",
        AGEING_TABLE,
        [*columns, _partition(AGEING_TABLE, m.buckets())],
    )
