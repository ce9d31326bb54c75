"""Looking for secrets where none may be: planted ones in every coding they may hide in, and shapes of real ones.

Findings say where and what kind; never the secret.
"""

from __future__ import annotations

import re
import subprocess
from base64 import b64encode
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

#: How every token of the sandbox begins: planted in each connection of a stack, so to be found if any leaks.
SANDBOX = (
    "sandbox-grant-", "sandbox-app-secret", "sandbox-secret-", "sandbox-entra.", "sandbox-moneybird-",
    "sandbox-xledger-",
)  # fmt: skip
_LITERAL = rb"[A-Za-z0-9_\-+/~.]"
#: What real ones look like. A name in a code (`token=token`) or a placeholder (`<token>`) is none.
SHAPES = {
    "a bearer header": rb"(?i)\bbearer[ :]+[A-Za-z0-9._~+/=-]{16,}",
    "a header of e-conomic": rb"(?i)x-(?:agreementgrant|appsecret)token\W{1,4}(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{16,}",
    "a JSON web token": rb"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    "a private key": rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
    "a client secret of Entra": rb"\b[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34}",
    "a key of Azure storage": rb"(?i)accountkey=[A-Za-z0-9+/=]{60,}",
    "a token of GitHub or GitLab": rb"\b(?:gh[pousr]_[A-Za-z0-9]{36}|glpat-[A-Za-z0-9_-]{20})",
    "a key of Amazon": rb"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a token of Slack": rb"\bxox[abprs]-[A-Za-z0-9-]{10,}",
    "an address with a password": rb"\b[a-z][a-z0-9+.-]{2,20}://[^\s:/@\"'{}<>$*]+:[^\s@/\"'{}<>$*\\]{6,}@",
    "a password that is written out": rb"(?i)(?:token|secret|password|passwd|(?:api|secret|private|access|account|fernet)_?key)[\"']?\s*[:=]\s*"
    rb"[\"']?(?=" + _LITERAL + rb"*[0-9])(?=" + _LITERAL + rb"*[A-Za-z])" + _LITERAL + rb"{32,}",
}  # fmt: skip
_SHAPES = {what: re.compile(pattern) for what, pattern in SHAPES.items()}
#: Shorter ones would be found in words that mean something else.
_SHORTEST = 8
_TABLES = """
select table_schema, table_name from information_schema.tables
where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')
"""


@dataclass(frozen=True)
class Found:
    """digest: of what was found, to name in a list of what was made up."""

    where: str
    what: str
    digest: str = ""


class Scan:
    """planted: name -> secret (or how it begins). knows_shapes: whether real ones are looked for, too."""

    def __init__(self, planted: Mapping[str, str], *, knows_shapes: bool = True) -> None:
        self._needles = {
            needle: f"{name}{coding}"
            for name, secret in planted.items()
            if len(secret) >= _SHORTEST
            for needle, coding in codings(secret).items()
        }
        self._shapes = _SHAPES if knows_shapes else {}

    def text(self, data: bytes, where: str) -> list[Found]:
        found = [Found(where, what) for needle, what in self._needles.items() if needle in data]
        return found + [
            Found(where, what, sha256(match[0]).hexdigest()[:12])
            for what, shape in self._shapes.items()
            for match in shape.finditer(data)
        ]

    def files(self, paths: Iterable[Path], *, root: Path) -> list[Found]:
        found = []
        for path in paths:
            where = str(path.relative_to(root))
            data = path.read_bytes()
            found += self.text(data, where)
            if data.startswith((b"From:", b"Received:", b"Content-Type: multipart", b"X-Peer:")):
                for part in message_from_bytes(data).walk():
                    content = part.get_payload(decode=True)
                    if isinstance(content, bytes):
                        found += self.text(content, f"{where}, {part.get_content_type()}")
        return found

    def database(self, dsn: str, *, schemas: Collection[str] | None = None) -> list[Found]:
        """Every row of every table, as Postgres writes it."""
        found: list[Found] = []
        with psycopg.connect(dsn) as connection:
            for schema, table in connection.execute(_TABLES).fetchall():
                if schemas is None or schema in schemas:
                    for piece in _rows(connection, schema, table):
                        found += self.text(piece, f"table {schema}.{table}")
        return sorted(set(found), key=str)

    def processes(self, pids: Iterable[int]) -> list[Found]:
        """Command lines: whoever is on the machine may read them."""
        found = []
        for pid in pids:
            try:
                words = psutil.Process(pid).cmdline()
            except psutil.Error:
                continue
            found += self.text("\0".join(words).encode(), f"process {words[:1]}")
        return found


def _rows(connection: psycopg.Connection, schema: str, table: str) -> Iterator[bytes]:
    """Some thousand rows at a time; a row is never cut."""
    statement = sql.SQL("copy (select t::text from {} as t) to stdout").format(
        sql.Identifier(schema, table)
    )
    with connection.cursor().copy(statement) as copy:
        piece = b""
        for row in copy:
            piece += bytes(row)
            if len(piece) > 1 << 20:
                yield piece
                piece = b""
        yield piece


def codings(secret: str) -> dict[bytes, str]:
    """The secret as it is, in an address, in hexadecimals, and inside of base64 at any place."""
    raw = secret.encode()
    found = {
        raw: "",
        quote(secret, safe="").encode(): ", in an address",
        raw.hex().encode(): ", in hexadecimals",
    }
    for shift, first in ((0, 0), (1, 2), (2, 3)):
        coded = b64encode(b"\0" * shift + raw)
        inside = coded[first : (shift + len(raw)) * 8 // 6]
        for needle in (inside, inside.translate(bytes.maketrans(b"+/", b"-_"))):
            found.setdefault(needle, ", in base64")
    return found


def files_of_repository(root: Path) -> list[Path]:
    """What is in git, or would be with `git add --all`; a name with a space is one file."""
    done = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, capture_output=True, check=True,
    )  # fmt: skip
    paths = (root / name.decode() for name in done.stdout.split(b"\0") if name)
    return [path for path in paths if path.is_file() and not path.is_symlink()]
