"""Cursors: what a client sends back and does not read."""

from __future__ import annotations

from binascii import b2a_base64


def cursor_of(place: object) -> str:
    return b2a_base64(f"x:{place}".encode(), newline=False).decode()
