"""The way out of every way of reading: everything."""

from __future__ import annotations

from .state import Cursor


class MustReadEverything(Exception):
    """Not an error: what changed cannot be told, or costs more than reading everything.

    cursor: with which everything is read.
    """

    def __init__(self, cursor: Cursor) -> None:
        super().__init__("everything must be read")
        self.cursor = cursor
