"""What every way of reading falls back on: reading everything."""

from __future__ import annotations

from .state import Cursor


class MustReadEverything(Exception):
    """Not an error: what changed cannot be found, or costs more than reading everything.

    cursor: the one with which everything is read.
    """

    def __init__(self, cursor: Cursor) -> None:
        super().__init__("everything must be read")
        self.cursor = cursor
