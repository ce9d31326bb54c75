"""Files that go with a mail: kept in ops.alert_mail_attachment, and in memory only while their mail is sent."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from psycopg.rows import class_row

from saldo.warehouse.connection import Connection

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Characters of a name: longer ones are cut before their ending.
_LONGEST_NAME = 100
#: What is a path, or no name, on some machine that saves the file.
_NO_NAME = re.compile(r'[\\/:*?"<>|]')


@dataclass(frozen=True)
class Attachment:
    """A file of a mail. name: as the person sees it; it may come from outside (safe_name)."""

    name: str
    content: bytes
    content_type: str = XLSX


def safe_name(name: str) -> str:
    """A name under which any machine can save the file: no path, no control characters, nothing that turns the
    direction of writing, not too long. Emoji, letters of all languages, # and % stay."""
    text = "".join(c for c in unicodedata.normalize("NFC", name) if _is_shown(c))
    text = " ".join(_NO_NAME.sub("_", text).split()).strip(". ")
    path = PurePosixPath(text)
    ending = path.suffix if len(path.suffix) <= 10 else ""
    stem = text.removesuffix(ending)[: _LONGEST_NAME - len(ending)].rstrip(". ")
    return f"{stem or 'file'}{ending}"


def _is_shown(character: str) -> bool:
    """Joiners and selectors stay: emoji are made of them. Controls, surrogates and marks of direction do not."""
    if character in "\u200d\ufe0f" or "\U000e0020" <= character <= "\U000e007f":
        return True
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


def keep(
    connection: Connection, mail_id: int, attachments: Sequence[Attachment], *, now: datetime
) -> None:
    """Write the files of a mail, in the caller's transaction."""
    for place, one in enumerate(attachments, start=1):
        connection.execute(
            "insert into ops.alert_mail_attachment (mail_id, place, name, content_type, content, written_at) "
            "values (%s, %s, %s, %s, %s, %s)",
            [mail_id, place, safe_name(one.name), one.content_type, one.content, now],
        )


def kept(connection: Connection, mail_id: int) -> list[Attachment]:
    """The files of a mail, without those that a mail server would not take."""
    with connection.cursor(row_factory=class_row(Attachment)) as cursor:
        return cursor.execute(
            "select name, content, content_type from ops.alert_mail_attachment "
            "where mail_id = %s and refused is null order by place",
            [mail_id],
        ).fetchall()


def leave_out(connection: Connection, mail_id: int, said: str) -> None:
    """The mail goes without its files from now on. said: the mail server's answer to it with them."""
    connection.execute(
        "update ops.alert_mail_attachment set refused = %s where mail_id = %s and refused is null",
        [said[:500], mail_id],
    )


def left_out(connection: Connection, mail_id: int) -> str | None:
    """What the mail server said of the files that are left out; None where none is."""
    row = connection.execute(
        "select refused from ops.alert_mail_attachment where mail_id = %s and refused is not null limit 1",
        [mail_id],
    ).fetchone()
    return str(row[0]) if row else None
