"""QuickXorHash: Microsoft's vectors, and the sandbox's plain reading of the definition."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saldo.graph.quick_xor_hash import QuickXorHash, hash_of
from sandbox.vendors.graph.quick_xor import quick_xor_hash

VECTORS = {
    "": "AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "4a": "SgAAAAAAAAAAAAAAAQAAAAAAAAA=",
    "b5b4": "taAFAAAAAAAAAAAAAgAAAAAAAAA=",
}


@pytest.mark.parametrize("data", VECTORS)
def test_vectors(data: str) -> None:
    assert hash_of(io.BytesIO(bytes.fromhex(data))) == VECTORS[data]
    assert quick_xor_hash(bytes.fromhex(data)) == VECTORS[data]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.binary(max_size=700), max_size=6))
def test_any_bytes_in_any_pieces(pieces: list[bytes]) -> None:
    found = QuickXorHash()
    for piece in pieces:
        found.update(piece)
    assert found.text() == quick_xor_hash(b"".join(pieces))


def test_more_than_a_chunk() -> None:
    data = bytes(range(256)) * 3000 + b"end"
    assert hash_of(io.BytesIO(data)) == quick_xor_hash(data)
