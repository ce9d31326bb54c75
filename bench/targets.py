"""What Saldo has promised, beside what this run has reached; a row without laps says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from saldo.vendors import VENDORS

from . import agreement, dags, first_load, lake, night, xledger
from .agreement import FACTS, NIGHTS, Found
from .measure import Lap

MB_GROWTH, NIGHT_REQUESTS, WAIT_MS, DAGS_CPU_S, CHECKS_S = 60, 60, 250, 10, 10
NIGHT_SHARE, IDLE_MB = 1.25, 1_600
XLEDGER_CPU, XLEDGER_REQUESTS = 1.3, 25
LAKE_SHARE = 0.25


@dataclass(frozen=True)
class Target:
    """is_met is None where a smaller run cannot tell."""

    what: str
    target: str
    reached: str
    is_met: bool | None


class Laps:
    """All laps of a run, found by section and name."""

    def __init__(self, laps: Sequence[Lap]) -> None:
        self.all = list(laps)

    def get(self, section: str, what: str) -> Lap | None:
        return next((lap for lap in self.all if (lap.section, lap.what) == (section, what)), None)


def of_landing(laps: Laps, rows: int) -> list[Target]:
    """Those of the first load, at this size."""
    section = first_load.section_of(rows)
    saldo = laps.get(section, first_load.LANDING)
    if saldo is None:
        return []
    found = [
        _times(
            f"Landing of {rows:,} entries, rows/s beside {name}",
            least,
            laps.get(section, name),
            base,
        )
        for least, name, base in (
            (5, first_load.TUNED, saldo),
            (8, first_load.PLAIN, saldo),
            (3, first_load.TUNED_SLOW, laps.get(section, first_load.SLOW)),
        )
    ]
    limits = [laps.get(section, name) for name in (first_load.DOWNLOAD, first_load.COPY)]
    slower = max((lap for lap in limits if lap), key=lambda lap: lap.seconds, default=None)
    if slower:
        share = slower.seconds / saldo.seconds
        found.append(
            Target(
                f"Landing of {rows:,} entries, rows/s beside the limit ({slower.what.partition(': ')[2]})",
                "at least 60 %",
                f"{share:.0%} (of CPU {slower.cpu_s / saldo.cpu_s:.0%})",
                share >= 0.6,
            )
        )
    return [*found, *_re_read(laps, section, saldo), *_memory(laps, saldo, rows)]


def _times(what: str, least: float, other: Lap | None, saldo: Lap | None) -> Target:
    if not other or not saldo:
        return Target(what, f"at least {least:g} x", "not measured", None)
    ratio = other.seconds / saldo.seconds
    reached = f"{ratio:.1f} x (of CPU {other.cpu_s / saldo.cpu_s:.1f} x)"
    return Target(what, f"at least {least:g} x", reached, ratio >= least)


def _re_read(laps: Laps, section: str, saldo: Lap) -> list[Target]:
    again, other = laps.get(section, first_load.AGAIN), laps.get(section, first_load.TUNED_AGAIN)
    if not again or not other or saldo.rows is None:
        return []
    wal = f"WAL {again.wal_mb or 0:,.0f} MB beside {other.wal_mb or 0:,.0f} MB of dlt tuned"
    changed = -(-saldo.rows // 100)
    return [
        Target(
            f"Re-read of {saldo.rows:,} entries of which 1 % changed: rows written",
            f"{changed:,}",
            f"{again.written or 0:,}; {wal}",
            again.written == changed,
        )
    ]


def _memory(laps: Laps, saldo: Lap, rows: int) -> list[Target]:
    small = laps.get(first_load.section_of(first_load.SMALL), first_load.LANDING)
    if not small or rows <= first_load.SMALL or small.peak_mb is None or saldo.peak_mb is None:
        return []
    grown = saldo.peak_mb - small.peak_mb
    return [
        Target(
            f"Memory of landing, growth from {first_load.SMALL:,} to {rows:,} entries",
            f"less than {MB_GROWTH} MB",
            f"{grown:.0f} MB",
            grown < MB_GROWTH,
        )
    ]


def of_agreement(laps: Laps, found: Found) -> list[Target]:
    """Those of a quiet night and of the facts."""
    night, first = laps.get(NIGHTS, agreement.NIGHT), laps.get(NIGHTS, agreement.FIRST)
    if not night or not first:
        return []
    size = f"{found.entries:,} entries, {found.open_items:,} open, {found.customers:,} customers"
    checks = laps.get(NIGHTS, agreement.QUIET_CHECKS)
    requests = (night.requests or 0) + ((checks.requests or 0) if checks else 0)
    share = night.cpu_s / first.cpu_s
    targets = [
        Target(
            f"Quiet night ({size}), proof included: requests",
            f"at most {NIGHT_REQUESTS}",
            str(requests),
            requests <= NIGHT_REQUESTS,
        ),
        Target(
            "Quiet night with facts: CPU of client and Postgres beside the first load without facts",
            "at most 10 %",
            f"{share:.1%}",
            share <= 0.1,
        ),
    ]
    few, full = laps.get(FACTS, agreement.SHARES[100]), laps.get(FACTS, agreement.FULL)
    if few and full:
        share = few.seconds / full.seconds
        what = "Fact refresh with 1 % of entries changed: time beside the full rebuild"
        reached = f"{share:.1%} (of CPU {few.cpu_s / full.cpu_s:.1%})"
        targets.append(Target(what, "at most 10 %", reached, share <= 0.1))
    return [*targets, *_of_first_build(laps), *_of_checks(laps), *_waits(found)]


def _of_first_build(laps: Laps) -> list[Target]:
    first, by_hand = laps.get(FACTS, agreement.FACTS_FIRST), laps.get(FACTS, agreement.BY_HAND)
    if not first or not by_hand:
        return []
    ratio = first.seconds / by_hand.seconds
    reached = f"{ratio:.2f} x (of CPU {first.cpu_s / by_hand.cpu_s:.2f} x)"
    what = "First build of all facts, beside the same SELECTs as create table as, then indexes"
    return [Target(what, "at most 1.3 x", reached, ratio <= 1.3)]


def _of_checks(laps: Laps) -> list[Target]:
    whole, quiet = laps.get(NIGHTS, agreement.CHECKS), laps.get(NIGHTS, agreement.QUIET_CHECKS)
    full = laps.get(FACTS, agreement.FULL)
    if not whole or not quiet or not full:
        return []
    share = whole.seconds / full.seconds
    return [
        Target(
            "Validation and proof of all of it: time beside the full rebuild of the facts",
            "at most 30 %",
            f"{share:.0%} (of CPU {whole.cpu_s / full.cpu_s:.0%})",
            share <= 0.3,
        ),
        Target(
            "Validation and proof on a quiet night",
            f"at most {CHECKS_S} s",
            f"{quiet.seconds:.1f} s",
            quiet.seconds <= CHECKS_S,
        ),
    ]


def _waits(found: Found) -> list[Target]:
    normal = found.waits.get(agreement.NORMAL)
    others = {
        what: wait.short_ms or 0.0 for what, wait in found.waits.items() if what != agreement.NORMAL
    }
    if not normal or not others:
        return []
    worst = max(others, key=lambda what: others[what])
    longer = max(0.0, others[worst] - (normal.short_ms or 0.0))
    return [
        Target(
            "A reader's longest wait during any refresh, beyond normal",
            f"at most {WAIT_MS} ms",
            f"{longer:.0f} ms ({worst})",
            longer <= WAIT_MS,
        )
    ]


def of_xledger(laps: Laps) -> list[Target]:
    """Those of a company on Xledger."""
    ours, other, small = (
        laps.get(section, what)
        for section, what in (
            (xledger.SECTION, xledger.LANDING),
            (xledger.SECTION, xledger.ECONOMIC),
            (xledger.SMALL, xledger.LANDING),
        )
    )
    if not ours or not other or not small or not ours.rows or not other.rows:
        return []
    of_ours, of_other = ours.client_cpu_s or 0.0, other.client_cpu_s or 0.0
    ratio = (of_ours / ours.rows) / (of_other / other.rows)
    found = [
        Target(
            f"Landing of {ours.rows:,} transactions of Xledger: client CPU per row beside e-conomic's entries",
            f"at most {XLEDGER_CPU:g} x",
            f"{ratio:.2f} x",
            ratio <= XLEDGER_CPU,
        )
    ]
    if ours.peak_mb is not None and small.peak_mb is not None:
        grown = ours.peak_mb - small.peak_mb
        found.append(
            Target(
                f"Memory of it, growth from {small.rows:,}",
                f"less than {MB_GROWTH} MB",
                f"{grown:.0f} MB",
                grown < MB_GROWTH,
            )
        )
    return found + _of_xledgers_nights(laps)


def _of_xledgers_nights(laps: Laps) -> list[Target]:
    changed, quiet, proof = (
        laps.get(xledger.SECTION, what) for what in (xledger.CHANGED, xledger.QUIET, xledger.PROOF)
    )
    if not changed or not quiet or not proof:
        return []
    entities = len(VENDORS["xledger"].entities)
    # Beside the registers, which are read whole.
    most = (changed.written or 0) // 1_000 + entities
    asked = (quiet.requests or 0) + (proof.requests or 0)
    return [
        Target(
            f"A night with {changed.written or 0:,} changes at Xledger: requests of all entities",
            f"at most one per 1,000 changes and one per entity ({most})",
            str(changed.requests),
            (changed.requests or 0) <= most,
        ),
        Target(
            f"Quiet night of {entities} entities of Xledger, proof included: requests",
            f"at most {XLEDGER_REQUESTS}",
            str(asked),
            asked <= XLEDGER_REQUESTS,
        ),
    ]


def of_lake(laps: Laps, rows: int) -> list[Target]:
    """What the lake adds to landing, and its memory."""
    section = lake.section_of(rows)
    landing, core, files = (
        laps.get(section, what) for what in (first_load.LANDING, first_load.CORE, lake.LAKE)
    )
    small = laps.get(lake.section_of(first_load.SMALL), lake.LAKE)
    if not landing or not core or not files or not small:
        return []
    share = files.cpu_s / (landing.cpu_s + core.cpu_s)
    of_time = files.seconds / (landing.seconds + core.seconds)
    grown = (files.peak_mb or 0.0) - (small.peak_mb or 0.0)
    return [
        Target(
            f"The lake of {rows:,} entries: CPU of client and Postgres beside landing and core",
            f"at most {LAKE_SHARE:.0%} more",
            f"{share:.0%} more (of time {of_time:.0%})",
            share <= LAKE_SHARE,
        ),
        Target(
            f"Memory of it, growth from {first_load.SMALL:,}",
            f"less than {MB_GROWTH} MB",
            f"{grown:.0f} MB",
            grown < MB_GROWTH,
        ),
    ]


def of_dags(laps: Laps, count: int) -> list[Target]:
    """Those of the DAGs; the limit in seconds is one for 500 agreements and shrinks with fewer."""
    section = dags.section_of(count)
    bare, read, build, parse = (laps.get(section, what) for what in dags.LAPS)
    if not bare or not read or not build or not parse:
        return []
    ratio, most = (read.seconds + build.seconds) / bare.seconds, DAGS_CPU_S * count / 500
    return [
        Target(f"Reading {count} agreement files and building their DAGs, beside bare DAGs", "at most 2 x", f"{ratio:.1f} x", ratio <= 2),
        Target(
            f"Parsing and serialising {count} agreements",
            f"at most {most:g} s of CPU",
            f"{parse.seconds:.1f} s",
            parse.seconds <= most,
        ),
    ]  # fmt: skip


def of_night(laps: Laps, count: int) -> list[Target]:
    """What Saldo adds to Airflow's own cost of a night, and what the stack holds when nothing runs."""
    section = night.section_of(count)
    empty, quiet, idle = (
        laps.get(section, what) for what in (night.EMPTY, night.NIGHT, night.IDLE)
    )
    if not empty or not quiet or not idle:
        return []
    # What the stack takes without any task grows with the seconds, and those with what else the machine does.
    idle_s = idle.cpu_s / idle.seconds
    share = (quiet.cpu_s - idle_s * quiet.seconds) / (empty.cpu_s - idle_s * empty.seconds)
    return [
        Target(
            f"Quiet night of {count} agreements in Airflow: CPU beside as many empty tasks",
            f"at most {NIGHT_SHARE - 1:.0%} more",
            f"{share - 1:.0%} more (of time {quiet.seconds / empty.seconds - 1:.0%})",
            share <= NIGHT_SHARE,
        ),
        Target(
            "Memory of the idle stack of make up (PSS)",
            f"less than {IDLE_MB:,} MB",
            f"{idle.peak_mb or 0:,.0f} MB",
            (idle.peak_mb or 0) < IDLE_MB,
        ),
    ]
