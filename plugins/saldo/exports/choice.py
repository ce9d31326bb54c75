"""Which documents: by their ids, or by what they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date

from psycopg import sql

from saldo.paths import SQL_DIR
from saldo.warehouse.connection import Connection, read_sql

from .refusals import AlreadyExported, NotExportable, NothingToExport, named

SQL = SQL_DIR / "exports"


@dataclass(frozen=True)
class Filters:
    """All that is given must hold. Days are included, those of creation are of UTC. states: as the vendor has them, or
    `deleted`. not_exported: in no logged file. mutated: another one now than in its newest logged file. Both: either
    of the two."""

    created_from: date | None = None
    created_to: date | None = None
    invoice_from: date | None = None
    invoice_to: date | None = None
    states: Sequence[str] = ()
    not_exported: bool = False
    mutated: bool = False

    def parameters(self) -> dict[str, object]:
        """Those of documents.sql."""
        return {**asdict(self), "states": list(self.states) or None}


@dataclass(frozen=True)
class Choice:
    """ids: these documents, and no others. None: those that the filters let through, of which deleted ones are left out,
    and new ones unless `states` names them."""

    ids: Sequence[str] | None = None
    filters: Filters = Filters()


def documents_sql() -> sql.SQL:
    """A SELECT of documents as the list shows them, with what else is known of their exports."""
    return sql.SQL(read_sql(SQL / "documents.sql"))


def chosen(
    connection: Connection,
    agreement_id: str,
    choice: Choice,
    *,
    is_logged: bool,
    again: bool,
) -> list[str]:
    """The document numbers that go into a file.

    Raises NothingToExport where there are none, NotExportable for ids of which there is no document, or a deleted one,
    and AlreadyExported, for a file that is logged unless `again`, where some are in a logged file as they are now.
    """
    where = f"agreement {agreement_id!r}"
    if choice.ids is not None and not choice.ids:
        raise NothingToExport(f"{where}: no document was named; give ids, or filters instead")
    found = _looked_up(connection, agreement_id, choice)
    if choice.ids is not None:
        _check(where, list(dict.fromkeys(choice.ids)), found)
    if not found:
        raise NothingToExport(f"{where}: no document fits the filters; nothing was exported")
    done = [id for id, seen in found.items() if seen.is_as_exported]
    if is_logged and not again and done:
        raise AlreadyExported(
            f"{where}: {len(done)} of the {len(found)} documents are exported and have not changed since: "
            f"{named(done)}. Leave them out, or ask for them `again`; no file was made",
            done,
        )
    return list(found)


@dataclass(frozen=True)
class _Seen:
    """is_as_exported: it is in a logged file as it is now."""

    is_deleted: bool
    is_as_exported: bool


def _looked_up(connection: Connection, agreement_id: str, choice: Choice) -> dict[str, _Seen]:
    statement = sql.SQL(read_sql(SQL / "choice.sql")).format(documents=documents_sql())
    parameters: Mapping[str, object] = {
        **choice.filters.parameters(),
        "agreement_id": agreement_id,
        "ids": None if choice.ids is None else list(choice.ids),
        "after": None,
        "most": None,
    }
    return {
        id: _Seen(is_deleted, is_as_exported)
        for id, is_deleted, is_as_exported in connection.execute(statement, parameters)
    }


def _check(where: str, ids: Sequence[str], found: Mapping[str, _Seen]) -> None:
    unknown = [id for id in ids if id not in found]
    deleted = [id for id in ids if id in found and found[id].is_deleted]
    told = [f"there is no document {named(unknown)}"] if unknown else []
    told += [f"deleted at the vendor: {named(deleted)}"] if deleted else []
    if told:
        raise NotExportable(
            f"{where}: {'; '.join(told)}. Leave them out, or sync first; no file was made",
            [*unknown, *deleted],
        )
