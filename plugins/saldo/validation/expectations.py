"""Rules as expectations of Great Expectations, validated inside Postgres on the agreement's slice.

Importing this module imports the library, which takes seconds. The process that tasks are forked
from has done it (saldo/airflow/preload.py); elsewhere it is imported when there is something to
validate. What the rules on columns need is asked in one scan per table; rows are looked up of
broken rules only.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from psycopg.conninfo import conninfo_to_dict

from saldo.errors import ConfigError
from saldo.warehouse.connection import WarehouseUnavailable

from .lighter import lighter
from .rules import Plan, Rule

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
# While it is imported it logs a line for every function it has.
logging.getLogger("great_expectations").setLevel(logging.ERROR)
with warnings.catch_warnings(), lighter():
    warnings.simplefilter("ignore")
    import great_expectations as gx
    from great_expectations import expectations as gxe
    from great_expectations.expectations.core import UnexpectedRowsExpectation
    from great_expectations.render import (
        LegacyDiagnosticRendererType,
        RenderedStringTemplateContent,
        RenderedTableContent,
    )
    from great_expectations.render.renderer.renderer import renderer
    from sqlalchemy import URL, event

#: Rows of a broken rule that are named.
EXAMPLES = 20
#: A session of its own: many aggregates in one statement are slower to compile than to run, a million
#: vouchers are summed in memory, and what scans a whole fact may use a second core.
_SESSION = (
    "-c timezone=UTC -c jit=off -c work_mem=128MB -c parallel_setup_cost=100 "
    "-c parallel_tuple_cost=0.001 -c default_transaction_read_only=on"
)
#: The warehouse's address as the library's configuration knows it: a name, never the password.
_URL = "SALDO_WAREHOUSE_URL"


class _Described:
    """How data docs show a rule: how many rows break it, which, and what to do."""

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.OBSERVED_VALUE)
    def _diagnostic_observed_value_renderer(cls, result: Any = None, **_: Any) -> str:
        if result.success:
            return "holds"
        kind = "warning" if result.expectation_config.severity == "warning" else "broken"
        return f"{kind}: {(result.result or {}).get('unexpected_count', 0)} row(s)"

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.UNEXPECTED_STATEMENT)
    def _diagnostic_unexpected_statement_renderer(cls, result: Any = None, **_: Any) -> list[Any]:
        return (
            [] if result.success else [_text("To do: " + result.expectation_config.meta["remedy"])]
        )

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.UNEXPECTED_TABLE)
    def _diagnostic_unexpected_table_renderer(
        cls, result: Any = None, **_: Any
    ) -> list[Any] | None:
        rows = (result.result or {}).get("partial_unexpected_index_list")
        if result.success or not rows:
            return None
        texts = [_as_text(row) for row in rows]
        return [
            RenderedTableContent(
                content_block_type="table",
                table=[[_text(value or "-") for value in row.values()] for row in texts],
                header_row=list(texts[0]),
            )
        ]


def _text(value: str) -> Any:
    """What a vendor wrote is a parameter: the library escapes those, and only those."""
    return RenderedStringTemplateContent(
        content_block_type="string_template",
        string_template={
            "template": "$value", "tag": "div", "params": {"value": value}, "styling": {},
        },
    )  # fmt: skip


class Complete(_Described, gxe.ExpectColumnValuesToNotBeNull):
    """A column is never null."""


class OneOf(_Described, gxe.ExpectColumnValuesToBeInSet):
    """A column has one of these values."""


class NoneOf(_Described, gxe.ExpectColumnValuesToNotBeInSet):
    """A column has none of these values."""


class OffendingRows(_Described, UnexpectedRowsExpectation):
    """A query that returns the rows that break a rule, run once, with how many there are."""

    metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.table",)

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: Any = None,
        execution_engine: Any = None,
    ) -> dict[str, Any]:
        rows = [dict(row) for row in metrics["unexpected_rows_query.table"]]
        counts = [row.pop("unexpected_count") for row in rows]
        return {
            "success": not rows,
            "result": {
                "unexpected_count": counts[0] if counts else 0,
                "partial_unexpected_index_list": [_as_text(row) for row in rows],
            },
        }


@dataclass(frozen=True)
class Finding:
    """What was found of a rule. `examples` are rows as texts by column name, at most EXAMPLES."""

    rule: Rule
    ok: bool
    count: int
    examples: list[dict[str, str | None]]


@dataclass(frozen=True)
class Validated:
    """One table: what was found, and the library's own result, of which its page is made."""

    table: str
    findings: list[Finding]
    result: Any


def validate_tables(dsn: str, plans: Mapping[str, Plan]) -> Iterator[Validated]:
    """Validate table by table. Raises ConfigError for a rule that cannot be evaluated,
    WarehouseUnavailable when Postgres went away."""
    with _warehouse(dsn, [plan.slice for plan in plans.values()]) as source:
        for table, plan in plans.items():
            asset = source.add_query_asset(name=table, query=plan.slice)
            batch = asset.add_batch_definition_whole_table("all").get_batch()
            yield _validate(batch, table, plan)


def _validate(batch: Any, table: str, plan: Plan) -> Validated:
    result = batch.validate(_suite(table, plan.rules), result_format="BOOLEAN_ONLY")
    found = {_number(e): e for e in result.results}
    broken = {number: plan.rules[number] for number, e in found.items() if not e.success}
    if broken:
        # Only now are rows looked up, which costs a scan for each rule.
        again = batch.validate(
            _suite(table, plan.rules, chosen=broken),
            result_format={
                "result_format": "SUMMARY",
                "unexpected_index_column_names": list(plan.suite.shown),
                "partial_unexpected_count": EXAMPLES,
            },
        )
        found |= {_number(e): e for e in again.results}
        result.success = all(e.success for e in found.values())
    # In the order of the rules, which the library does not keep.
    result.results = [found[number] for number in range(len(plan.rules))]
    findings = [_finding(r, e) for r, e in zip(plan.rules, result.results, strict=True)]
    return Validated(table, findings, result)


def _suite(table: str, rules: Sequence[Rule], chosen: Collection[int] | None = None) -> Any:
    suite = gx.ExpectationSuite(name=table)
    suite.expectations = [
        _expectation(rule, number)
        for number, rule in enumerate(rules)
        if chosen is None or number in chosen
    ]
    return suite


def _number(evaluated: Any) -> int:
    return int(evaluated.expectation_config.meta["number"])


def _expectation(rule: Rule, number: int) -> Any:
    common: dict[str, Any] = {
        "description": rule.text.replace("$", "$$"),
        "severity": rule.severity,
        "meta": {"number": number, "remedy": rule.remedy},
    }
    if rule.kind == "rows":
        # A brace or a colon means something to the library and to SQLAlchemy.
        text = rule.query.replace("{", "{{").replace("}", "}}")
        text = text.replace("::", "\0").replace(":", r"\:").replace("\0", "::")
        query = (
            f"/* {{batch}} */ select q.*, count(*) over () as unexpected_count from ({text}) as q "
            f"order by q limit {EXAMPLES}"
        )
        return OffendingRows(unexpected_rows_query=query, **common)
    column = rule.columns[0]
    if rule.kind == "not_null":
        return Complete(column=column, **common)
    values = list(rule.values)
    if rule.kind == "in_set":
        return OneOf(column=column, value_set=values, **common)
    return NoneOf(column=column, value_set=values, **common)


def _finding(rule: Rule, evaluated: Any) -> Finding:
    errors = evaluated.exception_info or {}
    for info in (errors, *(v for v in errors.values() if isinstance(v, dict))):
        if info.get("raised_exception"):
            raise _failure(rule, str(info.get("exception_message")))
    result = evaluated.result or {}
    examples = [_as_text(row) for row in result.get("partial_unexpected_index_list") or []]
    count = int(result.get("unexpected_count") or 0)
    return Finding(rule, bool(evaluated.success), count, examples[:EXAMPLES])


def _failure(rule: Rule, said: str) -> Exception:
    first = next((line for line in said.splitlines() if line.strip()), "no detail")
    if "OperationalError" in first or "InterfaceError" in first:
        return WarehouseUnavailable(f"the warehouse went away during validation: {first[:300]}")
    return ConfigError(
        f"mart.{rule.table}: the rule {rule.name} ({rule.text}) cannot be evaluated: {first[:500]}. "
        "Correct its file in include/sql/checks, or its entry in saldo/validation/suites.py"
    )


def _as_text(row: Mapping[str, Any]) -> dict[str, str | None]:
    return {name: None if value is None else str(value) for name, value in row.items()}


@contextmanager
def _warehouse(dsn: str, slices: Sequence[str]) -> Iterator[Any]:
    """A data source on the warehouse, closed at the end. The password is in the memory of this process
    only: the library's configuration, of which it writes pages, holds a name for the address."""
    context = gx.get_context(mode="ephemeral", runtime_environment={_URL: _url(dsn)})
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    source = context.data_sources.add_postgres(
        name="warehouse",
        connection_string=f"${{{_URL}}}",
        kwargs={"connect_args": {"options": _SESSION, "application_name": "saldo"}},
    )
    engines = source.get_engine(), source.get_execution_engine().engine

    def names_only(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> Any:
        # The library learns a query's columns by running it, and the driver fetches what a query gives:
        # every row of the agreement would come to Python. (great_expectations 1.24)
        return f"{statement} limit 0" if statement in slices else statement, parameters

    for engine in engines:
        event.listen(engine, "before_cursor_execute", names_only, retval=True)
    try:
        yield source
    finally:
        for engine in engines:
            engine.dispose()


def _url(dsn: str) -> str:
    """A libpq connection string as SQLAlchemy's url."""
    parts = {name: str(value) for name, value in conninfo_to_dict(dsn).items() if value is not None}
    url = URL.create(
        "postgresql+psycopg",
        username=parts.pop("user", None),
        password=parts.pop("password", None),
        host=parts.pop("host", None),
        port=int(parts.pop("port", 5432)),
        database=parts.pop("dbname", None),
        query={k: v for k, v in parts.items() if k not in ("options", "application_name")},
    )
    return url.render_as_string(hide_password=False).replace("$", "%24")
