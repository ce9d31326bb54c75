"""Rules of accounting that are not about one column: the files of include/sql/checks, found by
themselves.

A file is one SELECT that returns the rows that break the rule, with their keys and numbers; no rows
means that it holds. Its four header lines give the rule in plain words, the tables it reads (the
first is the table it belongs to), critical or warning, and what to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from psycopg import sql

from saldo.errors import ConfigError
from saldo.paths import SQL_DIR

CHECKS_DIR = SQL_DIR / "checks"
_HEADER = ("rule", "reads", "severity", "remedy")


@dataclass(frozen=True)
class Check:
    """One file. `text` has the parameter %(agreement_id)s and no other."""

    name: str
    rule: str
    reads: tuple[str, ...]
    severity: str
    remedy: str
    text: str

    @property
    def table(self) -> str:
        """The table of the mart it belongs to."""
        return self.reads[0].removeprefix("mart.")

    def query(self, agreement_id: str) -> str:
        """The select with the agreement's id written in."""
        literal = sql.Literal(agreement_id).as_string(None)
        return self.text.replace("%(agreement_id)s", literal).replace("%%", "%")


def read_checks(directory: Path = CHECKS_DIR) -> tuple[Check, ...]:
    """Every file, by name. Raises ConfigError for one whose header is not as it must be."""
    return tuple(_read(path) for path in sorted(directory.glob("*.sql")))


def _read(path: Path) -> Check:
    lines = path.read_text(encoding="utf-8").splitlines()
    said: dict[str, str] = {}
    for name, line in zip(_HEADER, lines, strict=False):
        start = f"-- {name}: "
        if not line.startswith(start):
            raise ConfigError(f"{path}: line {len(said) + 1} must begin with {start!r}")
        said[name] = line.removeprefix(start).strip()
    reads = tuple(said.get("reads", "").split(", "))
    if len(said) < len(_HEADER) or said["severity"] not in ("critical", "warning"):
        raise ConfigError(
            f"{path}: its header needs rule, reads, severity (critical or warning) and remedy"
        )
    if not reads[0].startswith("mart."):
        raise ConfigError(f"{path}: what it reads must begin with the table of mart it belongs to")
    return Check(
        name=path.stem, rule=said["rule"], reads=reads, severity=said["severity"],
        remedy=said["remedy"], text="\n".join(lines[len(_HEADER):]).strip().rstrip(";"),
    )  # fmt: skip
