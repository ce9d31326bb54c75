"""What all pages share. Rooms import from here, never from one another."""

from __future__ import annotations

from .forms import done, written
from .pages import fragment, page
from .reading import Reading, warehouse

__all__ = ["Reading", "done", "fragment", "page", "warehouse", "written"]
