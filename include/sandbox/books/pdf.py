"""A real PDF of a few hundred bytes, written by hand: A4 pages with lines of text in Helvetica."""

from __future__ import annotations

from collections.abc import Sequence


def _text(line: str) -> bytes:
    """A string of a content stream: Windows-1252, with what the syntax needs escaped."""
    raw = line.encode("cp1252", "replace")
    for sign in (b"\\", b"(", b")"):
        raw = raw.replace(sign, b"\\" + sign)
    return b"(" + raw + b")"


def pdf(lines: Sequence[str], *, pages: int = 1) -> bytes:
    """A PDF 1.4 file; every page shows the lines, the first one large, and which page it is."""
    objects: list[bytes] = [b"<< /Type /Catalog /Pages 2 0 R >>"]
    kids = b" ".join(b"%d 0 R" % (4 + 2 * n) for n in range(pages))
    objects.append(b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, pages))
    objects.append(
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    )
    for page in range(1, pages + 1):
        content = _content([*lines, f"Side {page} af {pages}"])
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            b"/Resources << /Font << /F1 3 0 R >> >> /Contents %d 0 R >>" % (len(objects) + 2)
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    return _file(objects)


def _content(lines: Sequence[str]) -> bytes:
    first, *others = lines
    parts = [b"BT /F1 22 Tf 60 770 Td " + _text(first) + b" Tj /F1 12 Tf 0 -36 Td"]
    parts += [_text(line) + b" Tj 0 -18 Td" for line in others]
    return b"\n".join([*parts, b"ET"])


def _file(objects: Sequence[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        start,
    )
    return bytes(out)
