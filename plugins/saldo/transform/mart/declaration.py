"""A file of include/sql/mart: four lines of header, what it declares, named steps, and the SELECT of its rows.

    -- grain: one line of an order or a quote
    -- reads: core.sales_order, core.sales_order_line, core.customer, …
    -- writes: core.key_map, mart.fact_order_lines
    -- sign and currency: as the vendor
    -- rows: core.sales_order by kind, order_number, dated date = order_date
    -- again with: core.unit by unit_number of core.sales_order_line
    -- new keys: 'order_line' by source_key from live_line

    -- step: shown_order by kind, order_number
    select …

    -- final
    select
        l.source_key as order_line_key,
        s.customer_number as customer_key,
        …

A key column that is text says whose key it is, by the vendor's number: the writer puts the key there (see writer.py).
The other lines, all of which a file can do without:

    rows: core.<table>              its SELECT takes the rows after %(since_<table>)s; without this line, all of them,
                                    at every refresh
    rows: <table> by <columns>, dated <column>[ = <column of the file's table>]
                                    rows of these columns are written again together; they are named in the temporary
                                    table `changed`, which is there before the first step that reads it
    rows: groups of <table> by <columns>, dated ...
                                    the same where several rows of the table have these columns
    again with: <tables>            when one of these changed, everything is written again; without `rows`, only then
    again with: <tables> by <column>[ = <column of the row>], … [of <table>] [where <condition>]
                                    the rows that show what changed. c is what changed; r the row that shows it, of
                                    the table that `rows` names or of another one with its columns
    again with: <tables> of <table> where <condition>
                                    when one of these changed: the rows, whatever it was that changed
    whole: <condition>              rows r of its own table that every run looks at
    key order: <column>             rows that are new get their keys in this order
    new keys: <kind> by <column> from <step>
                                    keys are made for these rows, before the last SELECT
    kind: <column> = <kind>         where a key's kind is not the column's name without _key; SQL over the columns
    followed for: <columns>         to those who follow this table, a row has changed only when one of these did
    step: <name>[ by <columns>]     a SELECT kept in a temporary table, with a unique index on the columns
    more of: <name>                 a SELECT whose rows come to those of a step

A step named `changed` names the rows to be written again itself. Steps live as long as their file is written. What
differed in a table stays until the refresh ends, for the files that follow it: `written_<file>` has the columns as they
are now, null in rows that went, and `was`, the row as it was; no rows where the refresh had nothing to do there.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from saldo.transform.headers import Transform

#: The step that names the rows to be written again.
CHANGED = "changed"
_SINCE = re.compile(r"%\(since_(\w+)\)s")
_WRITTEN = re.compile(r"\bwritten_(\w+)")


@dataclass(frozen=True)
class Pair:
    """A column, and the one it is compared with."""

    column: str
    other: str


@dataclass(frozen=True)
class Rows:
    """Where the rows come from. by: the columns whose rows are written again together, in `tables` (one, then)
    and in the file's own table; dated: the columns of both that say whether a row is in a window. are_groups:
    several rows of the table share them."""

    tables: tuple[str, ...]
    by: tuple[str, ...] = ()
    dated: Pair | None = None
    are_groups: bool = False


@dataclass(frozen=True)
class Again:
    """Rows that show something of `tables`, and are written again when that changed. Without `by`
    and `of`: all rows."""

    tables: tuple[str, ...]
    by: tuple[Pair, ...] = ()
    of: str | None = None
    where: str | None = None

    @property
    def is_everything(self) -> bool:
        """Whether all rows are written again."""
        return not (self.by or self.of)


@dataclass(frozen=True)
class NewKeys:
    """Keys for rows of `source` (what follows `from`); `kind` is an expression over it."""

    kind: str
    column: str
    source: str


@dataclass(frozen=True)
class Step:
    """A SELECT kept under a name; key: columns that are unique. A second one of a name adds rows."""

    name: str
    key: tuple[str, ...]
    select: str

    @property
    def reads_changed(self) -> bool:
        """Whether it reads the temporary table `changed`."""
        return re.search(rf"\b(?:from|join) {CHANGED}\b", self.select) is not None


@dataclass(frozen=True)
class Declaration:
    """What a file says. `select`: the rows of its table."""

    transform: Transform
    select: str
    steps: tuple[Step, ...] = ()
    rows: Rows | None = None
    again: tuple[Again, ...] = ()
    whole: str | None = None
    key_order: str | None = None
    new_keys: tuple[NewKeys, ...] = ()
    kinds: Mapping[str, str] = field(default_factory=dict)
    followed_for: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.transform.path.stem.partition(".")[0]

    @property
    def target(self) -> str:
        return self.transform.target

    @property
    def unit(self) -> tuple[str, ...]:
        """The columns of `changed`; empty where the SELECT itself knows which rows it gives."""
        if self.rows and self.rows.by:
            return self.rows.by
        return next((step.key for step in self.steps if step.name == CHANGED), ())

    @property
    def steps_before_changed(self) -> tuple[Step, ...]:
        """Those that do not need to know which rows are to be written again."""
        return tuple(itertools.takewhile(lambda step: not step.reads_changed, self.steps))

    @property
    def steps_after_changed(self) -> tuple[Step, ...]:
        """Those that read which rows are to be written again."""
        return self.steps[len(self.steps_before_changed) :]

    @property
    def asks_for(self) -> frozenset[str]:
        """The files of whose tables it reads what differed."""
        return frozenset(_WRITTEN.findall(self.transform.body))

    @property
    def follows(self) -> frozenset[str]:
        """The tables whose changes make it write."""
        named = {table for again in self.again for table in again.tables}
        named |= set(self.rows.tables) if self.rows else set()
        return frozenset(named | {f"core.{table}" for table in _SINCE.findall(self.transform.body)})
