"""The Power BI project, written from the catalogue of a freshly migrated database.

python -m stack.powerbi                                     writes powerbi/
python -m stack.powerbi --into folder --agreements a b      writes folder, with a role for each agreement
"""

from __future__ import annotations

import argparse
from pathlib import Path

from saldo.powerbi import project, write
from saldo.warehouse.catalogue import tables

from .reference import throwaway_warehouse
from .settings import PROJECT

PATH = PROJECT / "powerbi"


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
        files = project(tables(connection, "mart"), asked.agreements)
    write(asked.into, files)
    print(f"{len(files)} files written to {asked.into}; open {asked.into / 'Saldo.pbip'}")


if __name__ == "__main__":
    main()
