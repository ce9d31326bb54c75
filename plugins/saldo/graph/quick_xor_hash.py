"""QuickXorHash, the only hash that SharePoint tells of a file.

Source: https://learn.microsoft.com/onedrive/developer/code-snippets/quickxorhash: each byte is xored into 160 bits, 11 bits
further on than the one before, around and around; the length is xored into the last 8 bytes.
"""

from __future__ import annotations

import base64
from typing import BinaryIO

_BITS = 160
_STEP = 11
#: Bytes after which the same bit is met again: 160 steps of 11 bits are 11 times around.
_ROUND = 160
_CHUNK = _ROUND * 4096
_MASK = (1 << _BITS) - 1


class QuickXorHash:
    """Like the hashes of hashlib: `update` with bytes, then ask for the text."""

    def __init__(self) -> None:
        self._folded = 0  # one round of bytes, xored upon each other
        self._left = b""
        self._size = 0

    def update(self, data: bytes) -> None:
        """Takes whole rounds; what is left over waits for more."""
        self._size += len(data)
        data = self._left + data
        whole = len(data) - len(data) % _ROUND
        self._left = data[whole:]
        self._folded ^= _folded(data[:whole])

    def text(self) -> str:
        """As Graph writes it: 20 bytes in base64."""
        places = self._folded ^ int.from_bytes(self._left, "little")
        bits = 0
        for place, value in enumerate(places.to_bytes(_ROUND, "little")):
            shift = _STEP * place % _BITS
            bits ^= (value << shift) & _MASK | (value << shift) >> _BITS
        bits ^= self._size << (_BITS - 64)
        return base64.b64encode(bits.to_bytes(_BITS // 8, "little")).decode()


def hash_of(file: BinaryIO) -> str:
    """Of the whole file; it is left at its start."""
    found = QuickXorHash()
    file.seek(0)
    while chunk := file.read(_CHUNK):
        found.update(chunk)
    file.seek(0)
    return found.text()


def _folded(data: bytes) -> int:
    """Rounds xored upon each other: halves at a time, since Python xors long numbers quickly."""
    rounds = len(data) // _ROUND
    number = int.from_bytes(data, "little")
    while rounds > 1:
        half = (rounds + 1) // 2
        bits = half * _ROUND * 8
        number = (number & ((1 << bits) - 1)) ^ (number >> bits)
        rounds = half
    return number
