"""Datasets as OpenLineage names them: what a vendor's API serves, and tables of the warehouse.

Names: https://openlineage.io/docs/spec/naming. Plain values, so that nothing of OpenLineage's client is imported where
no event is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import msgspec
from psycopg.conninfo import conninfo_to_dict

from saldo.declarations.entity import Entity
from saldo.warehouse.catalogue import Table


@dataclass(frozen=True)
class Field:
    """A column or a vendor's field; type as the warehouse or the entity's record writes it."""

    name: str
    type: str
    description: str = ""


@dataclass(frozen=True)
class Dataset:
    """rows: read from it, or written in it, by one try of one task; None where nobody counted."""

    namespace: str
    name: str
    fields: tuple[Field, ...] = ()
    rows: int | None = None


@dataclass(frozen=True)
class Flow:
    """What a task reads and writes."""

    inputs: tuple[Dataset, ...] = ()
    outputs: tuple[Dataset, ...] = ()


@dataclass(frozen=True)
class Warehouse:
    """The warehouse as a place of datasets: postgres://host:port, and <database>.<schema>.<table> in it."""

    namespace: str
    database: str

    @classmethod
    def of(cls, dsn: str) -> Warehouse:
        """Of a libpq connection string; of its log-in nothing is kept."""
        said = conninfo_to_dict(dsn)
        host, port = said.get("host") or "localhost", said.get("port") or 5432
        return cls(f"postgres://{host}:{port}", str(said.get("dbname") or "saldo"))

    def table(self, full_name: str, *, rows: int | None = None) -> Dataset:
        """full_name: schema.table."""
        return Dataset(self.namespace, f"{self.database}.{full_name}", rows=rows)

    def written(self, flow: Flow) -> list[str]:
        """schema.table of its own among what a flow writes."""
        return [name for dataset in flow.outputs if (name := self._full_name(dataset))]

    def described(self, flow: Flow, tables: Mapping[str, Table]) -> Flow:
        """The same flow with the columns of what it writes. tables: schema.table -> table, by the catalogue.

        What is read here was written by another task, whose events have the columns."""
        outputs = (
            replace(dataset, fields=_columns(tables[name]))
            if (name := self._full_name(dataset)) in tables
            else dataset
            for dataset in flow.outputs
        )
        return replace(flow, outputs=tuple(outputs))

    def _full_name(self, dataset: Dataset) -> str:
        """Empty for a dataset that is elsewhere."""
        is_here = dataset.namespace == self.namespace
        return dataset.name.removeprefix(f"{self.database}.") if is_here else ""


def served(entity: Entity, address: str, *, rows: int | None = None) -> Dataset:
    """An entity at its vendor. address: base address of the service; of it the scheme, host and port are kept."""
    parts = urlsplit(address)
    host = parts.hostname or "unknown"
    port = f":{parts.port}" if parts.port else ""
    return Dataset(f"{parts.scheme}://{host}{port}", entity.name, _fields(entity), rows)


def stored(url: str, *, fields: tuple[Field, ...] = (), rows: int | None = None) -> Dataset:
    """A file or folder: a path of this machine, or an address as s3://bucket/key and
    abfss://container@account.dfs.core.windows.net/path. A password and a query in it are left out."""
    parts = urlsplit(url)
    if not parts.netloc:
        return Dataset("file", parts.path, fields, rows)
    user, _, host = parts.netloc.rpartition("@")
    owner = f"{user.partition(':')[0]}@" if user else ""
    return Dataset(f"{parts.scheme}://{owner}{host}", parts.path.strip("/") or "/", fields, rows)


def _fields(entity: Entity) -> tuple[Field, ...]:
    known = msgspec.structs.fields(entity.record)
    return tuple(Field(field.encode_name, _type(field.type)) for field in known)


def _type(kind: object) -> str:
    """int, str | None, CompanyInfo: without the modules they are from."""
    args = getattr(kind, "__args__", ())
    if args and not hasattr(kind, "__metadata__"):
        return " | ".join("None" if each is type(None) else _type(each) for each in args)
    return str(getattr(kind, "__name__", kind)).removeprefix("typing.")


def _columns(table: Table) -> tuple[Field, ...]:
    return tuple(Field(column.name, column.type, column.comment) for column in table.columns)
