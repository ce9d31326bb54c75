"""A Power BI project made from the catalogue of the warehouse: the semantic model, its measures and roles, a starter report.

docs/power-bi.md
"""

from __future__ import annotations

from .project import project, write

__all__ = ["project", "write"]
