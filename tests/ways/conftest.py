"""A stage for small sources: every world is landed once, and each case is rolled back."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from saldo.declarations.entity import Entity
from saldo.warehouse.connection import Connection, connect

from .nights import Books
from .scenes import World

#: Opens the books of a world; is_first: of an agreement that has landed nothing.
Open = Callable[..., AbstractContextManager[Books]]


@pytest.fixture(scope="module")
def stage_connection(dsn: str) -> Iterator[Connection]:
    with connect(dsn) as connection:
        yield connection


@pytest.fixture(scope="module")
def open_books(dsn: str, stage_connection: Connection) -> Iterator[Open]:
    """Chunks of a page, parts of a few numbers, and a witness in the place of core."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("saldo.landing.chunks.PAGES_PER_CHUNK", 1)
        patch.setattr("saldo.ways.mismatched_ranges.PARTS", 8)
        open_now: list[Books] = []

        def take_over(connection: Any, vendor: str, entity: Entity, *_: Any, **__: Any) -> None:
            open_now[-1].take_over(entity)

        patch.setattr("saldo.landing.to_core", take_over)
        landed: dict[str, Books] = {}

        def land_once(world: World) -> Books:
            if world.name not in landed:
                id = world.name.replace("-", "_")
                books = Books(stage_connection, dsn, world, world.begin(), id)
                open_now.append(books)
                assert books.night() is None
                assert books.rows() == books.truth()
                landed[world.name] = books
            return landed[world.name]

        @contextmanager
        def opened(world: World, *, is_first: bool = False) -> Iterator[Books]:
            base = land_once(world)
            vendor = world.begin() if is_first else copy.deepcopy(base.vendor)
            id = f"{base.id}_new" if is_first else base.id
            with stage_connection.transaction(force_rollback=True):
                books = Books(stage_connection, dsn, world, vendor, id)
                open_now.append(books)
                yield books

        yield opened
