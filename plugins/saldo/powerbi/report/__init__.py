"""The starter report in Power BI's enhanced report format (PBIR): five pages, each visual a file."""

from __future__ import annotations

from .files import report_files
from .pages import HEIGHT, PAGES, WIDTH, Page
from .visuals import Box, Visual

__all__ = ["HEIGHT", "PAGES", "WIDTH", "Box", "Page", "Visual", "report_files"]
