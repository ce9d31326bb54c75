"""GET /saldo/agreements/<id>/changes: postings added, changed and removed since a moment, or since a period was closed."""
