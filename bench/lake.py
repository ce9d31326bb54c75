"""The lake's files of entries: what writing them adds to landing, and reading them back beside Postgres and dlt's files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from .children import ChildFailed, call, python
from .cluster import Cluster
from .first_load import CORE, LANDING, SMALL, Pages, pages
from .measure import Lap
from .reference import Dlt

LAKE = "Saldo: the lake's file of them, afterwards"
FILES = "dlt tuned: pages into Parquet files"
SUM_CORE, SCAN_CORE = "Postgres: core", "Postgres: COPY out of core"
SUM_STAGING = "Postgres: staging, the records as received"
SUM_LAKE, SUM_FILE = "DuckDB: the lake's state now", "DuckDB: the lake's file as it is"
SUM_DLT = "DuckDB: dlt's files"
_DATABASE = "lake_bench"


def section_of(rows: int) -> str:
    return f"The lake of {rows:,} entries"


def sums_of(rows: int) -> str:
    return f"Sum by account and month of {rows:,} entries"


def scans_of(rows: int) -> str:
    return f"{rows:,} entries into a table of Arrow"


class LakeOfEntries:
    """The laps of one size, in their order: each reads what those before it left."""

    def __init__(
        self, cluster: Cluster, dlt: Dlt, pages: Pages, folder: Path, show: Callable[[Lap], None]
    ) -> None:
        self._cluster, self._dlt, self._pages, self._show = cluster, dlt, pages, show
        self._folder = folder

    def memory(self) -> None:
        """A small file, to see what size costs in memory."""
        self._begin(SMALL)
        self._written()

    def run(self, rows: int) -> None:
        self._begin(rows)
        lake = self._written()
        files = self._dlts_files()
        self._summed(lake, files)
        self._scanned(lake, files)
        self._cluster.drop(_DATABASE)

    def _begin(self, rows: int) -> None:
        self._size = rows
        self._rows = self._pages.tell(entries=rows)["entries"]
        self._dsn = self._cluster.empty_warehouse(_DATABASE)

    # --- writing ---------------------------------------------------------------------------------

    def _written(self) -> Path:
        """Landing, core and the lake, as a night does them; returns the folder of the entries."""
        section = section_of(self._size)
        for what, name in ((LANDING, "landing"), (CORE, "core")):
            self._lap(section, what, name, module="bench.landing_lap", url=self._pages.url)
        lake = self._folder / f"lake-{self._size}"
        found = self._measured(Lap(section, LAKE), "write", place=str(lake))
        entries = lake / "economic-dev" / "bench" / "entries"
        self._shown(found, _size_mb(entries))
        return entries

    def _dlts_files(self) -> Path:
        """Of the very same pages, by dlt's filesystem destination; returns their folder."""
        lap = Lap(section_of(self._size), FILES, rows=self._rows)
        bucket = self._folder / f"dlt-files-{self._size}"
        self._pages.tell()
        with self._cluster.metered(lap):
            found = self._dlt.run(
                "files",
                dsn=bucket.as_uri(),
                url=self._pages.url,
                rows=self._rows,
                state=bucket.name,
            )
        for name, value in found.items():
            setattr(lap, name, value)
        folder = bucket / "bench" / "booked_entries"
        self._shown(lap, _size_mb(folder))
        return folder

    # --- reading ---------------------------------------------------------------------------------

    def _summed(self, lake: Path, files: Path) -> None:
        section, totals = sums_of(self._size), {}
        for what, name, place in (
            (SUM_CORE, "sum_core", ""),
            (SUM_STAGING, "sum_staging", ""),
            (SUM_LAKE, "sum_lake", str(lake)),
            (SUM_FILE, "sum_file", str(lake)),
            (SUM_DLT, "sum_dlt", str(files)),
        ):
            found = self._lap(section, what, name, place=place)
            totals[what] = (found["groups"], found["total"])
        if len(set(totals.values())) > 1:
            raise ChildFailed(f"sums by account and month differ: {totals}")

    def _scanned(self, lake: Path, files: Path) -> None:
        section = scans_of(self._size)
        for what, name, place in (
            (SCAN_CORE, "scan_core", ""),
            (SUM_LAKE, "scan_lake", str(lake)),
            (SUM_FILE, "scan_file", str(lake)),
            (SUM_DLT, "scan_file", str(files)),
        ):
            self._lap(section, what, name, place=place)

    # --- laps ------------------------------------------------------------------------------------

    def _lap(self, section: str, what: str, name: str, **task: Any) -> dict[str, Any]:
        lap = Lap(section, what)
        found: dict[str, Any] = {}
        self._shown(self._measured(lap, name, found=found, **task))
        return found

    def _measured(
        self,
        lap: Lap,
        name: str,
        *,
        module: str = "bench.lake_lap",
        found: dict[str, Any] | None = None,
        **task: Any,
    ) -> Lap:
        with self._cluster.metered(lap):
            answer = call(python(module), {"what": name, "dsn": self._dsn, **task})
        for field in ("seconds", "client_cpu_s", "peak_mb", "rows", "written"):
            setattr(lap, field, answer.get(field))
        if lap.rows != self._rows:
            raise ChildFailed(f"{lap.section}, {lap.what}: {lap.rows} rows of {self._rows}")
        if found is not None:
            found.update(answer)
        return lap

    def _shown(self, lap: Lap, disk_mb: float | None = None) -> None:
        lap.disk_mb = disk_mb
        self._show(lap)


def _size_mb(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*.parquet")) / 1e6


def run(
    sizes: tuple[int, ...], cluster: Cluster, folder: Path, show: Callable[[Lap], None]
) -> None:
    """A small lake for its memory, then the largest of the sizes."""
    dlt = Dlt(folder, extras="filesystem,parquet")
    dlt.install()
    with pages(max(*sizes, SMALL), folder) as served:
        lake = LakeOfEntries(cluster, dlt, served, folder, show)
        lake.memory()
        lake.run(sizes[-1])
