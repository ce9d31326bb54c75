"""Mapped tasks of a run, by what each of them is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def failed_of(
    states: Mapping[str, str | None], mapped: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """Name -> the failed task that is about it. states: as Airflow tells them, `<task>_<map index>` of a mapped one.
    mapped: task -> names, in the order in which it is expanded."""
    return {
        name: f"{task}_{index}"
        for task, names in mapped.items()
        for index, name in enumerate(names)
        if states.get(f"{task}_{index}") in ("failed", "upstream_failed")
    }
