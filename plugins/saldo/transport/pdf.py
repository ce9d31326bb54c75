"""Whether what came is a PDF, and all of it."""

from __future__ import annotations

import os
from typing import BinaryIO

from saldo.errors import BadResponse, Unavailable

from . import Download

PDF = "application/pdf"
#: Readers look for the two marks this far from either end (ISO 32000-1, annex H, notes 13 and 18).
_NEAR = 1024


def check_pdf(file: BinaryIO, download: Download) -> None:
    """Leaves the file at its start. Raises BadResponse for what is no PDF, Unavailable for one that
    breaks off where the answer did not give its length."""
    head = file.read(_NEAR)
    file.seek(max(0, download.size - _NEAR), os.SEEK_SET)
    tail = file.read()
    file.seek(0)
    if b"%PDF-" not in head:
        raise BadResponse(f"the vendor answered {download.size} bytes that are no PDF")
    if not download.is_measured and b"%%EOF" not in tail:
        raise Unavailable("the vendor's PDF breaks off before its end", reason="the PDF broke off")
