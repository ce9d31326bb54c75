"""Xledger (Norway): one GraphQL endpoint."""
