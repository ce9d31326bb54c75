"""QuickXorHash, step by step as Microsoft describes it; nothing of Saldo's is in it."""

from __future__ import annotations

import base64

#: So many bytes are 11 times around the 160 bits: the next one begins where the first did.
_ROUND = 160


def quick_xor_hash(data: bytes) -> str:
    """As Graph writes it."""
    folded = 0
    for start in range(0, len(data), _ROUND):
        folded ^= int.from_bytes(data[start : start + _ROUND], "little")
    bits = bytearray(20)
    for index, byte in enumerate(folded.to_bytes(_ROUND, "little")):
        for bit in range(8):
            place = (index * 11 + bit) % 160
            bits[place // 8] ^= (byte >> bit & 1) << place % 8
    for index, byte in enumerate(len(data).to_bytes(8, "little")):
        bits[12 + index] ^= byte
    return base64.b64encode(bytes(bits)).decode()
