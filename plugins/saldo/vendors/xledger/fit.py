"""What of an entity's query Xledger's schema takes: a field it does not have is not asked for, where a record may be without
it (its declaration has a default), and neither is a set told which owners are meant, where it cannot be.

Much of the schema is not public, and it changes: one name that is otherwise would stop an entity until somebody corrects it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .queries import OF_ALL, Query


@dataclass(frozen=True)
class Fit:
    """lacking: fields of the declaration that are left out, as a.b. refused: root field -> arguments it does not take."""

    query: Query
    lacking: tuple[str, ...] = ()
    refused: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def page(self, arguments: Mapping[str, str]) -> str:
        """See Query.page."""
        return self.query.page(self._taken(self.query.root, arguments))

    def page_of_changes(self, arguments: Mapping[str, str]) -> str:
        """See Query.page_of_changes."""
        return self.query.page_of_changes(self._taken(self.query.changes, arguments))

    def last_change(self) -> str:
        """See Query.last_change."""
        return self.query.last_change(self._taken(self.query.changes, {"last": "1", **OF_ALL}))

    def _taken(self, root: str, arguments: Mapping[str, str]) -> dict[str, str]:
        refused = self.refused.get(root, frozenset())
        return {name: value for name, value in arguments.items() if name not in refused}
