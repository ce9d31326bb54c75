"""Queries, from their text to the text of the answer: the library's work but for the rows of connections."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLResolveInfo,
    OperationDefinitionNode,
    execute_sync,
    get_named_type,
    parse,
    validate,
)
from graphql.execution import Executor
from graphql.execution.collect_fields import FieldDetails, FieldDetailsList
from graphql.pyutils import Path

from .cursors import cursor_of
from .rendering import SAME, Getters, Render, Selection, renderer
from .schema import schema, schema_without
from .written import Written


@dataclass(frozen=True)
class Page:
    """The rows of a connection that are shown. cursor: that of a row."""

    rows: list[Any]
    has_next: bool
    has_previous: bool
    cursor: Callable[[Any], str]
    getters: Getters


#: Rows that are written together.
_TOGETHER = 200


class _Written(list[bytes]):
    """JSON already, in pieces: a page is so long that each copy of it takes as long as hundreds of its rows. Bytes: one
    unusual letter makes every letter of a text take four."""


class _Executor(Executor[Any]):
    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        if isinstance(result, Page):
            nodes = [one.node for one in field_details_list]
            return self._connection(return_type, nodes, result)
        return super().complete_object_value(
            return_type, field_details_list, info, path, result, position_context
        )

    def _collect(self, kind: GraphQLObjectType, nodes: list[FieldNode]) -> Selection:
        found = self.collect_subfields(kind, [FieldDetails(node, None) for node in nodes])
        grouped = found.grouped_field_set
        return {key: [one.node for one in details] for key, details in grouped.items()}

    def _connection(self, kind: GraphQLObjectType, nodes: list[FieldNode], page: Page) -> _Written:
        written = _Written()
        for key, asked in self._collect(kind, nodes).items():
            name = asked[0].name.value
            written.append(f'{"," if written else "{"}"{key}":'.encode())
            if name == "edges":
                written += self._edges(kind, asked, page)
            elif name == "pageInfo":
                known = {"hasNextPage": page.has_next, "hasPreviousPage": page.has_previous}
                known_type = get_named_type(kind.fields[name].type)
                assert isinstance(known_type, GraphQLObjectType)
                render = renderer(known_type, asked, self._collect, {})
                written.append(render(known).encode())
            else:
                written.append(f'"{kind.name}"'.encode())
        written.append(b"}" if written else b"{}")
        return written

    def _edges(self, kind: GraphQLObjectType, nodes: list[FieldNode], page: Page) -> list[bytes]:
        """An empty list is null."""
        if not page.rows:
            return [b"null"]
        edge = get_named_type(kind.fields["edges"].type)
        assert isinstance(edge, GraphQLObjectType)
        getters: Getters = {edge.name: {"cursor": page.cursor, "node": SAME}, **page.getters}
        render = renderer(edge, nodes, self._collect, getters)
        if any(isinstance(row, Written) for row in page.rows):
            render = _either(render, renderer(edge, nodes, self._collect, _of_written(edge.name)))
        written: list[bytes] = []
        for first in range(0, len(page.rows), _TOGETHER):
            rows = page.rows[first : first + _TOGETHER]
            written += b"," if first else b"[", ",".join(map(render, rows)).encode()
        return [*written, b"]"]


def _of_written(edge: str) -> Getters:
    """How the edge of a written row is read; all else of it is a dict's."""
    return {
        edge: {
            "cursor": lambda row: row["_cursor"] or cursor_of(row["dbId"]),
            "clientId": lambda row: row["_clientId"],
            "node": SAME,
        }
    }


def _either(render: Render, written: Render) -> Render:
    return lambda row: written(row) if isinstance(row, Written) else render(row)


@lru_cache(maxsize=256)
def checked(
    text: str, lacks: tuple[str, ...] = ()
) -> tuple[DocumentNode | None, tuple[GraphQLError, ...]]:
    """A query that was read and compared with the schema, or what is wrong with it. lacks: see Options.xledger_lacks."""
    try:
        document = parse(text)
    except GraphQLError as error:
        return None, (error,)
    return document, tuple(validate(schema_without(lacks), document))


def root_fields(document: DocumentNode, operation: str | None) -> list[str]:
    """The root fields an operation asks for, without those inside of fragments."""
    for one in document.definitions:
        named = isinstance(one, OperationDefinitionNode) and one.name and one.name.value
        if isinstance(one, OperationDefinitionNode) and operation in (None, "", named):
            selections = one.selection_set.selections
            return [node.name.value for node in selections if isinstance(node, FieldNode)]
    return []


def executed(
    document: DocumentNode, context: Any, variables: dict[str, Any] | None, operation: str | None
) -> tuple[list[bytes], list[GraphQLError]]:
    """`data` as JSON, in pieces, and the errors beside it."""
    is_introspection = root_fields(document, operation) == ["__schema"]
    found = execute_sync(
        schema_without(context.options.xledger_lacks) if is_introspection else schema(),
        document,
        context_value=context,
        variable_values=variables,
        operation_name=operation or None,
        executor_class=_Executor,
    )
    return _as_json(found.data), found.errors or []


def _as_json(data: dict[str, Any] | None) -> list[bytes]:
    if not data:
        return [json.dumps(data).encode()]
    parts: list[bytes] = []
    for name, value in data.items():
        parts.append(f'{"," if parts else "{"}"{name}":'.encode())
        parts += (
            value
            if isinstance(value, _Written)
            else [json.dumps(value, ensure_ascii=False).encode()]
        )
    return [*parts, b"}"]
