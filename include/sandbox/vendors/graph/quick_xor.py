"""QuickXorHash, byte by byte as Microsoft describes it: slow, plain, and nothing of Saldo's in it."""

from __future__ import annotations

import base64


def quick_xor_hash(data: bytes) -> str:
    """As Graph writes it."""
    bits = bytearray(20)
    for index, byte in enumerate(data):
        at = index * 11 % 160
        for bit in range(8):
            place = (at + bit) % 160
            bits[place // 8] ^= (byte >> bit & 1) << place % 8
    for index, byte in enumerate(len(data).to_bytes(8, "little")):
        bits[12 + index] ^= byte
    return base64.b64encode(bytes(bits)).decode()
