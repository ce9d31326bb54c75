"""The Power BI project, written from the catalogue of a freshly migrated database.

python -m stack.powerbi                                     writes powerbi/
python -m stack.powerbi --into folder --agreements a b      writes folder, with a role for each agreement
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from saldo.powerbi.project import project, write
from saldo.warehouse.catalogue import Table, tables

from .powerbi_docs import measures_page
from .powerbi_pictures import pictures
from .reference import throwaway_warehouse
from .settings import PROJECT

PATH = PROJECT / "powerbi"
DOCS = PROJECT / "docs"


def documents(mart: Mapping[str, Table]) -> dict[str, str]:
    """Path below docs/ -> what is made of the project for its readers."""
    drawn = {f"pictures/{name}": svg for name, svg in pictures(mart).items()}
    return {"power-bi-measures.md": measures_page(mart), **drawn}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="make powerbi", description=__doc__)
    parser.add_argument("--into", type=Path, default=PATH)
    parser.add_argument("--agreements", nargs="*", default=[])
    asked = parser.parse_args(arguments)
    if asked.agreements and asked.into.resolve() == PATH:
        parser.error(
            "roles of your agreements belong in a folder of yours: "
            'make powerbi AGREEMENTS="a b" INTO=folder'
        )
    with throwaway_warehouse() as connection:
        mart = tables(connection, "mart")
    files = project(mart, asked.agreements)
    write(asked.into, files)
    if asked.into == PATH:
        for path, text in documents(mart).items():
            (DOCS / path).write_text(text, encoding="utf-8")
    print(f"{len(files)} files written to {asked.into}; open {asked.into / 'Saldo.pbip'}")


if __name__ == "__main__":
    main()
