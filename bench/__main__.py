"""Saldo beside its references, every ratio from one run; prints tables, writes bench/results.md.

make bench                  first loads of 100,000 and 1,000,000 entries, DAGs of 10 and 500 agreements, a night of 20
QUICK=1 make bench          100,000 entries, 10 and 100 agreements, a night of 5: ten minutes
ONLY=lake make bench        what the lake adds to landing, and reading it back beside Postgres and dlt's files
ONLY=files make bench       budgets of 200,000 rows in a workbook and 1,000,000 in CSV, beside pandas
ONLY=exports make bench     a workbook of 100,000 rows of purchase documents, beside openpyxl and pandas; the list of 50,000;
                            1,000 claims to Business Central and Xledger
ONLY=rights make bench      what row-level security and hiding cost reports, and the queries of Power BI beside a star made by hand
ONLY=console make bench     pages of 500 agreements with 400 nights each and of a ledger of 1,000,000 postings, beside Airflow's grid
ROWS=20000 make bench       first loads of this size (several: ROWS=20000,50000)
ONLY=dags make bench        one part (landing, agreement, xledger, moneybird, lake, files, exports, rights, console, dags, night); results.md stays as it is
ONLY=fleet make bench       a night of 100 agreements on two Celery workers (FLEET=20: of so many); on request only
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from rich.console import Console

from stack.settings import StackError

from . import (
    accounting,
    console,
    dags,
    export_list,
    exports,
    files,
    files_targets,
    first_load,
    lake,
    moneybird,
    moneybird_targets,
    night,
    report,
    rights,
    targets,
    xledger,
)
from .agreement import Found, WholeAgreement, sandbox
from .children import ChildFailed
from .cluster import Cluster
from .first_load import SMALL, FirstLoad
from .measure import Lap
from .reference import Dlt

if TYPE_CHECKING:
    from .fleet import Night

#: Tables have eleven columns: a narrow terminal wraps lines, which is better than cut words.
_WIDTH = 150
PARTS = (
    "landing",
    "agreement",
    "xledger",
    "moneybird",
    "lake",
    "files",
    "exports",
    "rights",
    "console",
    "dags",
    "night",
)
#: Takes twenty minutes, and answers how to set up workers rather than what was promised.
ON_REQUEST = "fleet"


@dataclass(frozen=True)
class Options:
    """What the environment asks for."""

    rows: tuple[int, ...]
    agreements: tuple[int, ...]
    parts: tuple[str, ...]
    nights: int
    fleet: int

    @classmethod
    def from_environment(cls) -> Options:
        is_quick = os.environ.get("QUICK", "") not in ("", "0")
        rows = os.environ.get("ROWS") or ("100000" if is_quick else "100000,1000000")
        parts = tuple(os.environ.get("ONLY", "").split(",")) if os.environ.get("ONLY") else PARTS
        unknown = set(parts) - {*PARTS, ON_REQUEST}
        if unknown:
            raise SystemExit(
                f"ONLY={','.join(sorted(unknown))} is none of {', '.join((*PARTS, ON_REQUEST))}"
            )
        sizes = tuple(sorted(int(size.replace("_", "")) for size in rows.split(",")))
        fleet = int(os.environ.get("FLEET") or 100)
        if fleet < 2:
            raise SystemExit(f"FLEET={fleet} is no fleet; write 2 or more")
        return cls(
            sizes,
            (10, 100) if is_quick else (10, 500),
            parts,
            5 if is_quick else 20,
            fleet,
        )


class Bench:
    """One run: laps as they come, then the tables."""

    def __init__(self, options: Options, folder: Path) -> None:
        self._options, self._folder = options, folder
        self._console = Console(width=max(_WIDTH, Console().width))
        self._laps: list[Lap] = []
        self._found = Found()
        self._fleet: list[Night] = []

    def run(self) -> None:
        with Cluster(self._folder / "cluster") as cluster:
            heading = report.machine(cluster.version)
            self._console.print(heading)
            if "landing" in self._options.parts:
                self._landing(cluster)
            if "agreement" in self._options.parts:
                with sandbox(self._options.rows[-1], self._folder) as url:
                    self._found = WholeAgreement(cluster, url, self._show).run()
            if "xledger" in self._options.parts:
                rows = self._options.rows[-1] // 2
                dlt = Dlt(self._folder)
                dlt.install()
                xledger.CompanyOnXledger(rows, cluster, dlt, self._folder, self._show).run()
            if "moneybird" in self._options.parts:
                moneybird.CompanyOnMoneybird(cluster, self._folder, self._show).run()
            if "lake" in self._options.parts:
                lake.run(self._options.rows, cluster, self._folder, self._show)
            if "files" in self._options.parts:
                files.run(self._options.rows[-1], cluster, self._folder, self._show)
            if "exports" in self._options.parts:
                exports.run(self._export_rows, cluster, self._folder, self._show)
                export_list.run(cluster, self._show)
                accounting.run(cluster, self._folder, self._show)
            if "rights" in self._options.parts:
                rights.run(self._options.rows[-1], cluster, self._show)
            if "console" in self._options.parts:
                console.run(cluster, self._folder, self._show)
        if "dags" in self._options.parts:
            for count in self._options.agreements:
                dags.run(count, self._folder, self._show)
        if "night" in self._options.parts:
            night.NightInAirflow(self._options.nights, self._folder, self._show).run()
        if ON_REQUEST in self._options.parts:
            from . import fleet  # with the tests' packages, which no other part needs

            self._fleet = fleet.Fleet(self._options.fleet, self._folder, self._show).run()
        self._tables(heading)

    @property
    def _export_rows(self) -> int:
        return min(exports.ROWS, self._options.rows[-1])

    def _landing(self, cluster: Cluster) -> None:
        dlt = Dlt(self._folder)
        dlt.install()
        sizes = self._options.rows
        with first_load.pages(max(*sizes, SMALL), self._folder) as pages:
            load = FirstLoad(cluster, dlt, pages, self._show)
            load.memory()
            for rows in sizes:
                load.run(rows)

    def _show(self, lap: Lap) -> None:
        """A line at once: a run takes minutes."""
        self._laps.append(lap)
        rate = f"{lap.rows_per_s:>12,.0f} rows/s" if lap.rows_per_s else ""
        self._console.print(f"{lap.section:<47} {lap.what:<60} {lap.seconds:8.2f} s {rate}")

    def _tables(self, heading: str) -> None:
        laps, options = targets.Laps(self._laps), self._options
        found = [t for rows in reversed(options.rows) for t in targets.of_landing(laps, rows)]
        found += targets.of_agreement(laps, self._found)
        found += targets.of_xledger(laps)
        found += moneybird_targets.of_moneybird(laps)
        found += targets.of_lake(laps, options.rows[-1])
        found += files_targets.of_files(laps, options.rows[-1])
        found += exports.targets(laps, self._export_rows)
        found += export_list.targets(laps)
        found += accounting.targets(laps)
        found += rights.targets(laps)
        found += console.targets(laps)
        found += targets.of_dags(laps, options.agreements[-1])
        found += targets.of_night(laps, options.nights)
        grids = [
            report.of_targets(found),
            *report.of_laps(self._laps),
            report.of_waits(self._found),
            *report.of_fleet(self._fleet),
        ]
        report.show(self._console, grids)
        if options.parts == PARTS:
            report.write(heading, grids)
            self._console.print(f"Written to {report.RESULTS}")


def _terminated(number: int, frame: FrameType | None) -> None:
    """SIGTERM unwinds like Ctrl-C: servers are stopped, folders deleted."""
    raise SystemExit(128 + number)


def main() -> None:
    signal.signal(signal.SIGTERM, _terminated)
    options = Options.from_environment()
    try:
        with tempfile.TemporaryDirectory(prefix="saldo-bench-") as folder:
            Bench(options, Path(folder)).run()
    except KeyboardInterrupt:
        sys.exit("stopped; nothing is left running")
    except (ChildFailed, StackError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
