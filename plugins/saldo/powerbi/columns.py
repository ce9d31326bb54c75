"""The columns of the model's tables, from the catalogue of the warehouse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from saldo.errors import ConfigError
from saldo.warehouse.catalogue import Table

from .added import added_columns
from .names import friendly
from .tables import DOUBLES, KEYS, LEFT_OUT, OWN_TIMES, TABLES, ModelTable
from .types import AMOUNT, COUNT, PowerType, power_type

#: (table, column) -> the column it is sorted by.
_SORTED_BY = {
    ("dim_date", "month_name"): "month",
    ("dim_date", "fiscal_year"): "fiscal_start",
    ("dim_date", "fiscal_year_chosen"): "fiscal_start",
    ("dim_account", "account"): "account_order",
    ("dim_account", "section"): "section_order",
    ("dim_account", "report_line"): "line_order",
}
_FOLDERS = {
    "dim_date": {
        "fiscal_": "Fiscal",
        "year": "Calendar",
        "quarter": "Calendar",
        "month": "Calendar",
        "week": "Calendar",
    },
    "dim_account": {"group_": "Group", "report_line": "Group", "is_": "Flags"},
    "dim_customer": {"is_": "Flags"},
    "dim_supplier": {"is_": "Flags"},
}
_STEM = "_key"


@dataclass(frozen=True)
class ModelColumn:
    """source: its name in the query. dax: of a column that the model works out. from_warehouse: whether the mart has it."""

    source: str
    name: str
    type: PowerType
    comment: str
    is_hidden: bool = False
    is_required: bool = False
    from_warehouse: bool = True
    dax: str = ""
    folder: str = ""
    sorted_by: str = ""


@dataclass(frozen=True)
class Loaded:
    """A table of the model with its columns, and what the warehouse says of it."""

    table: ModelTable
    columns: tuple[ModelColumn, ...]
    comment: str

    def named(self, source: str) -> str:
        """The name in the model of a column of the query."""
        return next(column.name for column in self.columns if column.source == source)


def loaded(mart: Mapping[str, Table]) -> tuple[Loaded, ...]:
    """The model's tables. mart: schema.table -> table, of the catalogue.

    Raises ConfigError for a table that tables.py does not know, or that the warehouse does not have, and for a type that Power
    BI does not load.
    """
    names = {table.name for table in mart.values()}
    known = {table.source for table in TABLES}
    if new := sorted(names - known - LEFT_OUT.keys()):
        raise ConfigError(
            f"mart.{', mart.'.join(new)}: say in saldo/powerbi/tables.py whether the Power BI model has it (TABLES) "
            "or not (LEFT_OUT, with the reason)"
        )
    if gone := sorted((known | LEFT_OUT.keys()) - names):
        raise ConfigError(
            f"mart.{', mart.'.join(gone)}: no longer in the warehouse; take it out of saldo/powerbi/tables.py"
        )
    return tuple(_loaded(table, mart[f"mart.{table.source}"]) for table in TABLES)


def _loaded(table: ModelTable, source: Table) -> Loaded:
    if wrong := sorted(table.left_out - {*source.names}):
        raise ConfigError(
            f"saldo/powerbi/tables.py: {source.full_name} has no {', '.join(wrong)} to leave out"
        )
    own = _left_out(table, source)
    columns = [
        _column(table, source, column.name, column.type, column.comment, column.is_required)
        for column in source.columns
        if column.name not in own
    ]
    columns += [
        ModelColumn(
            one.column,
            one.name,
            one.type,
            one.comment,
            is_hidden=one.is_hidden,
            from_warehouse=False,
            dax=one.dax,
            folder=_folder(table, one.column),
            sorted_by=_SORTED_BY.get((table.source, one.column), ""),
        )
        for one in added_columns(table)
    ]
    return Loaded(table, tuple(columns), source.comment)


def _left_out(table: ModelTable, source: Table) -> set[str]:
    """Of a fact its own key, and what its dimensions have."""
    if not table.is_fact:
        return {*table.left_out}
    keys = [name for name in source.names if name in KEYS]
    of_members = {
        f"{key.removesuffix(_STEM)}_{what}"
        for key in keys
        for what in ("number", "name", "id", "code")
    }
    of_members.update(*(DOUBLES.get(KEYS[key][0], ()) for key in keys))
    own = {*source.key} if len(source.key) == 1 else set()
    return {*table.left_out, *own, *of_members, "base_currency"}


def _column(
    table: ModelTable, source: Table, name: str, type: str, comment: str, is_required: bool
) -> ModelColumn:
    found = power_type(type, f"{source.full_name}.{name}")
    is_key = name.endswith(_STEM)
    is_raw = table.is_fact and found.format in (AMOUNT.format, "#,##0.00##", COUNT)
    is_own_time = table.is_fact and name in OWN_TIMES
    return ModelColumn(
        name,
        table.names.get(name, friendly(name)),
        found,
        comment,
        is_hidden=is_key or is_raw or is_own_time or name == "sort_order",
        is_required=is_required,
        folder=_folder(table, name),
        sorted_by=_SORTED_BY.get((table.source, name), ""),
    )


def _folder(table: ModelTable, column: str) -> str:
    folders = _FOLDERS.get(table.source, {})
    return next(
        (folder for begin, folder in folders.items() if column.startswith(begin)),
        "",
    )
