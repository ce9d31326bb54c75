"""The register of exports, for those who use it: routes, operators, a prompt."""

from __future__ import annotations

from .choice import Choice, Filters
from .deleting import delete_file
from .exporting import export_purchases
from .files import ExportedFile, files, find_file, with_missing
from .refusals import AlreadyExported, ExportRefused, NotExportable, NothingToExport, UnknownFile
from .settling import settle
from .summaries import Mutation, Page, Summary, summaries, summaries_json

__all__ = [
    "AlreadyExported", "Choice", "ExportRefused", "ExportedFile", "Filters", "Mutation", "NotExportable", "NothingToExport",
    "Page", "Summary", "UnknownFile", "delete_file", "export_purchases", "files", "find_file", "settle",
    "summaries", "summaries_json", "with_missing",
]  # fmt: skip
