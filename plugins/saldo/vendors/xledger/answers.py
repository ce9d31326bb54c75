"""Xledger's answers, decoded; nodes stay the bytes that were received."""

from __future__ import annotations

import msgspec

from saldo.staging.records import tolerant

ADDED, UPDATED, DELETED = "ADDED", "UPDATED", "DELETED"


class OwnEntity(msgspec.Struct, rename={"db_id": "dbId", "owner_db_id": "ownerDbId"}):
    """A legal entity (company); rows of others name it by its dbId, as their ownerDbId."""

    db_id: int | str | None = None
    owner_db_id: int | str | None = None
    code: str | None = None
    description: str | None = None

    @property
    def id(self) -> str:
        """Where the schema knows no dbId here, ownerDbId is what integrations take for it."""
        found = self.owner_db_id if self.db_id is None else self.db_id
        return "" if found is None else str(found)

    @property
    def name(self) -> str:
        return self.description or self.code or f"entity {self.id}"


class _Viewer(msgspec.Struct):
    entity: OwnEntity | None = None


class _WhoData(msgspec.Struct):
    viewer: _Viewer | None


class _Who(msgspec.Struct):
    data: _WhoData


class Change(msgspec.Struct, rename="camel"):
    """What happened, and to which row."""

    db_id: int | str | None = None
    mutation_type: str | None = None

    @property
    def problem(self) -> str:
        """Why nobody can say what has become of which row; empty where that is plain."""
        if self.db_id is None:
            return "holds a change that does not say of what"
        if self.mutation_type not in (ADDED, UPDATED, DELETED):
            return f"says of {self.db_id} that it was {self.mutation_type!r}, a kind of change that Saldo does not know"
        return ""


class Edge(msgspec.Struct):
    """cursor: opaque. change: what happened, of an edge of a stream of changes."""

    cursor: str | int | None
    node: msgspec.Raw
    change: Change | None = None


class _PageInfo(msgspec.Struct, rename="camel"):
    has_next_page: bool


class Connection(msgspec.Struct, rename="camel"):
    """A page of a set; an empty one has null for its edges."""

    edges: list[Edge] | None
    page_info: _PageInfo | None

    @property
    def has_next(self) -> bool:
        """Whether there is more; an empty page need not say."""
        return self.page_info.has_next_page if self.page_info else False

    @property
    def is_end(self) -> bool:
        """Whether it says that there is no more."""
        return self.page_info is not None and not self.page_info.has_next_page

    @property
    def is_whole(self) -> bool:
        """Whether it tells if there is more, where there are rows."""
        return self.page_info is not None or not self.edges

    @property
    def onward(self) -> str | None:
        """The cursor of its last edge; None without edges, or without a cursor."""
        cursor = self.edges[-1].cursor if self.edges else None
        return None if cursor is None else str(cursor)


#: A set in which there is nothing.
NOTHING = Connection(None, None)


class _Page(msgspec.Struct):
    data: dict[str, Connection | None]


class Reach(msgspec.Struct):
    """Whose token it is, and a page of the entities it reaches."""

    viewer: _Viewer | None
    entities: Connection | None

    @property
    def named(self) -> list[OwnEntity]:
        """The entities of the page. Raises msgspec.DecodeError for what is none."""
        edges = (self.entities.edges if self.entities else None) or []
        return [entity(bytes(edge.node)) for edge in edges]

    @property
    def own(self) -> str:
        """The entity the token was made in."""
        return self.viewer.entity.id if self.viewer and self.viewer.entity else ""


class _ReachAnswer(msgspec.Struct):
    data: Reach


class Owned(msgspec.Struct, rename="camel"):
    """Whose a node is."""

    owner_db_id: int | str | None = None


who = tolerant(msgspec.json.Decoder(_Who).decode)
page = tolerant(msgspec.json.Decoder(_Page).decode)
reach = tolerant(msgspec.json.Decoder(_ReachAnswer).decode)
entity = tolerant(msgspec.json.Decoder(OwnEntity).decode)
owned = tolerant(msgspec.json.Decoder(Owned).decode)
anything = tolerant(msgspec.json.Decoder(dict[str, msgspec.Raw]).decode)
