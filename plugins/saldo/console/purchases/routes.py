"""All routes of the room."""

from . import deleting, documents, exporting, files, syncing

routers = (
    documents.overview, documents.router, files.router, exporting.reading, exporting.acting, deleting.router, syncing.reading,
    syncing.acting,
)  # fmt: skip
