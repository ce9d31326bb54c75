"""Projects: a dozen from the start, one more every day; one is gone on the fourth day and back on the fifth."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sandbox.books.calendar import working_day
from sandbox.books.line import mix

from .entity import Entity, clock, stamp
from .ids import customer_id, employee_id, project_id
from .registers import Rows, project_groups

FIRST_PROJECTS = 12
#: The one that is deleted, when, and when it is added again under the same dbId.
GONE, GONE_ON, BACK_ON = 5, 4, 5
_NAMES = (
    "Kaianlegg",
    "Lagerbygg",
    "Skole",
    "Bru & vei",
    "Rørlegging",
    "Brønn «Nord»",
    "Taktekking",
)
_PLACES = ("Bodø", "Ålesund", "Tromsø", "Røros", "Ørland")
RENAME_EVERY = 2


def renamed_on(day: int) -> int | None:
    """Which project gets another name on a working day."""
    return (day // RENAME_EVERY - 1) % FIRST_PROJECTS if day and day % RENAME_EVERY == 0 else None


def projects(entity: Entity) -> Rows:
    """Those that are there today."""
    gone = project_id(entity, GONE) if GONE_ON <= entity.day < BACK_ON else None
    return [row for row in entity.of(ever) if row["dbId"] != gone]


def ever(entity: Entity) -> Rows:
    """Lines name the one that is gone as well."""
    days = range(1, entity.day + 1)
    renames = {index: day for day in days if (index := renamed_on(day)) is not None}
    return [_project(entity, n, renames.get(n, 0)) for n in range(FIRST_PROJECTS + entity.day)]


def _project(entity: Entity, index: int, renamed: int) -> dict[str, Any]:
    bits = mix(entity.company.seed * 6_151 + index)
    name = f"{_NAMES[bits % len(_NAMES)]} {_PLACES[(bits >> 8) % len(_PLACES)]}"
    made = max(0, index - FIRST_PROJECTS + 1)
    since = working_day(made) if made else date(2024, 1 + index, 15)
    groups = entity.of(project_groups)
    main = index - 1 if index % 4 == 3 else None
    came_back = BACK_ON if index == GONE and entity.day >= BACK_ON else 0
    changed = max(made, renamed, came_back)
    return {
        "dbId": project_id(entity, index), **entity.fields(), "code": f"P{1_000 + index}",
        "description": f"{name} (dag {renamed})" if renamed else name, "text": None,
        "fromDate": since, "toDate": since + timedelta(days=200) if index in (1, 2) else None,
        "createdAt": clock(made) if made else stamp(since),
        "modifiedAt": clock(changed) if changed else stamp(since),
        "billable": bits % 4 != 0, "external": bits % 3 != 0, "fixedClient": False,
        "allowPosting": True, "timesheetEntry": True, "pctCompleted": float((bits >> 16) % 101),
        "totalEstimateHours": float((bits >> 20) % 4_000), "totalRevenue": (bits >> 24) % 90_000_000,
        "mainProjectDbId": None if main is None else project_id(entity, main),
        "mainProject": None if main is None else {"dbId": project_id(entity, main), "code": f"P{1_000 + main}"},
        "projectGroup": groups[index % len(groups)],
        "customer": {"dbId": customer_id(entity, index)} if bits % 3 else None,
        "projectManager": {"dbId": employee_id(entity, 1 + index % 2)},
    }  # fmt: skip
