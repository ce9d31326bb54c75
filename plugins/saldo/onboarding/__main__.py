"""python -m saldo.onboarding check [--files|--exports] | lake | agreement | agreements | template | readers | overview

Exit code: 0 for yes or done; 1 for a night or a run that would fail; 2 for what was asked in a way that cannot be done.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from saldo.agreements.drafts import keys
from saldo.errors import ConfigError
from saldo.workbooks.phrases import PHRASES

from . import check, exports, files, lake, overview, readers, template, write
from .screen import fail


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    asked = _parser().parse_args(words)
    try:
        if asked.verb == "check":
            if asked.exports:
                return exports.check(asked.ids)
            return files.check(asked.ids) if asked.files else check.check(asked.ids)
        if asked.verb == "lake":
            return lake.write(asked.ids)
        if asked.verb == "overview":
            return overview.overview()
        if asked.verb == "readers":
            return readers.apply()
        if asked.verb == "agreements":
            return write.many(asked.csv, replace=asked.replace)
        if asked.verb == "template":
            return template.write(
                asked.kind, asked.language, year=asked.year, fiscal=asked.fiscal, agreement=asked.agreement,
                into=asked.into, replace=asked.replace,
            )  # fmt: skip
        given = {key: value for key in keys() if (value := getattr(asked, key)) is not None}
        return write.one(given, replace=asked.replace)
    except ConfigError as error:
        fail(str(error))
    except KeyboardInterrupt:
        fail("stopped")
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="saldo.onboarding", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    tried = verbs.add_parser("check", help="try agreements before their first night")
    written = verbs.add_parser("lake", help="write what lakes lack, from staging")
    for verb in (tried, written):
        verb.add_argument("ids", nargs="+", metavar="id", help="ids, or all")
    tried.add_argument(
        "--files", action="store_true", help="the ids are those of file configurations"
    )
    tried.add_argument(
        "--exports",
        action="store_true",
        help="the ids are those of organisations with an accounting export",
    )
    many = verbs.add_parser("agreements", help="write the files of a CSV table")
    many.add_argument("csv", type=Path)
    verbs.add_parser("readers", help="give the rights to read that files say, now")
    verbs.add_parser("overview", help="what keeps agreements from their nights")
    one = verbs.add_parser("agreement", help="write one file; asks for what is not given")
    for key in keys():
        one.add_argument(f"--{key}", metavar="VALUE")
    filled_in = verbs.add_parser("template", help="write workbooks and CSV files to fill in")
    filled_in.add_argument(
        "--kind", choices=("budget", "account_mapping", "exchange_rates"), default="budget"
    )
    filled_in.add_argument("--language", choices=tuple(PHRASES), default="en")
    filled_in.add_argument("--year", type=int, help="of a budget; default: the next one")
    filled_in.add_argument("--fiscal", default="", help="the first month, such as 2025-07")
    filled_in.add_argument("--agreement", default="", help="whose accounts are filled in")
    filled_in.add_argument("--into", type=Path, default=Path("templates"), help="a folder")
    for verb in (many, one, filled_in):
        verb.add_argument(
            "--replace", action="store_true", help="files that say something else, too"
        )
    return parser


if __name__ == "__main__":
    sys.exit(main())
