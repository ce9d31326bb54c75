"""Postgres: connections, locks, migrations, the catalogue, and statements made from it."""
