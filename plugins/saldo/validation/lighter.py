"""Imports delayed until they are used, or left out: half of what importing Great Expectations costs is
for statistics, charts and other stores, of which a validation in Postgres uses nothing.
(great_expectations 1.24)"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

UNUSED = ("altair", "scipy.stats")
#: The library does without these where they are not installed.
OPTIONAL = ("azure.identity", "azure.keyvault.secrets", "azure.storage.blob")


class _Later(ModuleType):
    """Takes the place of a module until something in it is used."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # the import system's own questions
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


@contextmanager
def lighter() -> Iterator[None]:
    """Imports in this context get placeholders for what is unused, and no optional modules. Undone
    at its end."""
    stand_ins: dict[str, ModuleType | None] = {
        **{name: _Later(name) for name in UNUSED},
        **dict.fromkeys(OPTIONAL),  # None: an import of it fails as if it were not installed
    }
    stand_ins = {name: module for name, module in stand_ins.items() if name not in sys.modules}
    sys.modules.update(stand_ins)  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name, module in stand_ins.items():
            if sys.modules.get(name, module) is module:
                sys.modules.pop(name, None)
