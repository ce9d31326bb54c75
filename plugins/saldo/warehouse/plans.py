"""What the planner is told where it cannot know how many rows there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .connection import Connection


@contextmanager
def joined_by_hash(connection: Connection, *, sorts: bool = True) -> Iterator[None]:
    """For statements over rows that were just written, or parts of a statement: neither has statistics, both are taken for a
    row or two, and each row of one would be compared with each of the other. Within an open transaction. sorts: whether
    it may also join by sorting."""
    connection.execute("set local enable_nestloop = off")
    if not sorts:
        connection.execute("set local enable_sort = off")
    yield
    connection.execute("set local enable_nestloop = default")
    connection.execute("set local enable_sort = default")
