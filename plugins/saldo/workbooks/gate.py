"""What is looked at before anything is parsed: size, kind of file, what a zip says of itself.

Kinds are told by the first bytes, not by the name: [MS-CFB] for old and for encrypted workbooks, zip for new ones.
"""

from __future__ import annotations

import zipfile
import zlib
from math import ceil
from pathlib import Path
from typing import Literal

from saldo.workbooks.problems import Rejected, rejected

_ZIP = b"PK\x03\x04"
_OLE = bytes.fromhex("D0CF11E0A1B11AE1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MB = 1_000_000
#: Limits of a zip: files in it, bytes they unpack to, and of one part that is read whole into memory.
_MAX_PARTS = 2000
_MAX_UNPACKED = 600 * _MB
_MAX_WHOLE = 48 * _MB
#: Real sheets pack to a tenth or a thirtieth; only small parts may be packed tighter than this.
_MAX_RATIO = 200
_RATIO_FROM = 20 * _MB

_WORKBOOK = "an Excel workbook (.xlsx or .xlsm)"
_SAVE_AS = "Open it in Excel and save it as Excel Workbook (.xlsx)"


def kind_of(path: Path, *, max_mb: int) -> Literal["workbook", "csv"]:
    """Which reader takes the file. max_mb: as Windows and SharePoint count, 1 MB = 2**20.
    Raises Rejected for what no reader should open."""
    size = path.stat().st_size
    if size == 0:
        raise rejected("a file of 0 bytes", _WORKBOOK, "Upload the file again")
    if size > max_mb << 20:
        raise rejected(
            f"a file of {ceil(size / (1 << 20) * 10) / 10} MB",
            f"at most {max_mb} MB",
            "Take out pictures and sheets that are not needed, or ask for a higher max_mb",
        )
    ending = path.suffix.lower()
    with path.open("rb") as file:
        head = file.read(8)
    if ending in (".csv", ".txt"):
        if head.startswith((_ZIP, _OLE)):
            raise rejected("a workbook that is named .csv", "a text file", "Rename it to .xlsx")
        return "csv"
    if ending not in (".xlsx", ".xlsm"):
        raise rejected(
            f"a file that ends in {ending or 'nothing'}", f"{_WORKBOOK} or .csv", _SAVE_AS
        )
    if head.startswith(_OLE):
        raise _old_or_encrypted(path)
    if not head.startswith(_ZIP):
        raise rejected("a file that is no workbook, whatever its name says", _WORKBOOK, _SAVE_AS)
    _check_zip(path)
    return "workbook"


def _old_or_encrypted(path: Path) -> Rejected:
    with path.open("rb") as file:
        is_encrypted = any(_ENCRYPTED in chunk for chunk in iter(lambda: file.read(4 * _MB), b""))
    if is_encrypted:
        return rejected(
            "a workbook that is protected by a password",
            "one that opens without",
            "In Excel: File, Info, Protect Workbook, Encrypt with Password; empty the field and save",
        )
    return rejected("a workbook of the old kind (.xls)", _WORKBOOK, _SAVE_AS)


def damaged(detail: str = "") -> Rejected:
    """The error for a workbook that cannot be read at all."""
    return rejected(
        f"a damaged workbook{f' ({detail})' if detail else ''}",
        _WORKBOOK,
        "Open it in Excel, let Excel repair it, save it and upload it again",
    )


def _check_zip(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            is_locked = any(part.flag_bits & 1 for part in parts)
            is_strict = not is_locked and _is_strict(archive)
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError) as error:
        raise damaged("it is cut off or not a zip file") from error
    names = {part.filename for part in parts}
    if is_locked:
        raise rejected("a zip file with a password", _WORKBOOK, "Save it without a password")
    if "xl/workbook.xml" not in names or "[Content_Types].xml" not in names:
        raise _other_zip(names)
    if is_strict:
        raise rejected("a workbook of the kind Strict Open XML", _WORKBOOK, _SAVE_AS)
    _check_unpacked(parts)


def _is_strict(archive: zipfile.ZipFile) -> bool:
    """Whether it is written in the names of ISO 29500 Strict, which openpyxl does not know."""
    if "xl/workbook.xml" not in archive.namelist():
        return False
    with archive.open("xl/workbook.xml") as file:
        return b"http://purl.oclc.org/ooxml/spreadsheetml/main" in file.read(4000)


def _other_zip(names: set[str]) -> Rejected:
    if "xl/workbook.bin" in names:
        return rejected("a binary workbook (.xlsb)", _WORKBOOK, _SAVE_AS)
    if "content.xml" in names:
        return rejected("an OpenDocument file (.ods)", _WORKBOOK, _SAVE_AS)
    return rejected("a zip file with no workbook in it", _WORKBOOK, _SAVE_AS)


def _check_unpacked(parts: list[zipfile.ZipInfo]) -> None:
    total = sum(part.file_size for part in parts)
    steep = any(
        part.file_size > _RATIO_FROM and part.file_size > _MAX_RATIO * max(part.compress_size, 1)
        for part in parts
    )
    large = any(
        part.file_size > _MAX_WHOLE
        and part.filename.endswith((".xml", ".rels"))
        and not part.filename.startswith("xl/worksheets/")
        for part in parts
    )
    if steep or large or total > _MAX_UNPACKED or len(parts) > _MAX_PARTS:
        raise rejected(
            f"a workbook that unpacks to {total / _MB:.0f} MB in {len(parts)} parts",
            f"at most {_MAX_UNPACKED // _MB} MB, and no part that is packed more than {_MAX_RATIO} times",
            "Copy the table into a new workbook and upload that one",
        )
