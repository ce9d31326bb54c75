"""`addGLImportItems`: lines are staged for the ledger, one for each input; the import job books them later (import_job.py).

The same lines sent twice are staged twice: nothing is known by its extIdentifier. What is refused, and how it is told, goes by
the settings of the company (written.py).
"""

from __future__ import annotations

import time
from typing import Any

from .access import Asker
from .entity import Entity
from .errors import Refused
from .import_checks import Checks, Wrong, checked
from .parts import Files
from .written import Kept, Written

MOST_INPUTS = 500
INVALID = "INVALID_VALUE"


def add_items(
    asker: Asker, inputs: list[dict[str, Any]], files: Files
) -> tuple[list[Written], list[dict[str, Any]]]:
    """The rows that were made, and errors of those that were not. Raises Refused, and nothing is done."""
    if not 0 < len(inputs) <= MOST_INPUTS:
        raise Refused(f"inputs: 1 to {MOST_INPUTS} are allowed in a call, not {len(inputs)}.")
    checks: dict[int, Checks] = {}
    good: list[tuple[Entity, dict[str, Any], str | None]] = []
    wrong: list[tuple[int, str | None, Wrong]] = []
    for place, given in enumerate(inputs):
        found = checked(asker, given["node"], files, checks)
        if isinstance(found, list):
            wrong += [(place, given.get("clientId"), one) for one in found]
        else:
            good.append((*found, given.get("clientId")))
    settings = asker.kept(asker.own).settings
    errors = [_told(settings.tells, *one) for one in wrong]
    errors = errors[:1] if settings.errors == "first" else errors
    if errors and settings.refuses == "all":
        raise Refused(errors[0]["message"], errors)
    return [_staged(asker.kept(entity), entity, row, id) for entity, row, id in good], errors


def _told(tells: str, place: int, client_id: str | None, wrong: Wrong) -> dict[str, Any]:
    """An error as it is written."""
    if tells == "words":
        return {"message": wrong.text}
    words = wrong.text if tells != "nothing" else wrong.text.partition(":")[0] + ": not valid."
    error: dict[str, Any] = {
        "message": words,
        "code": "BAD_REQUEST",
        "extensions": {"code": INVALID},
    }
    if tells == "path":
        error["path"] = ["addGLImportItems", "inputs", place, "node", *wrong.field.split(".")]
    if tells == "client_id":
        error["extensions"]["clientId"] = client_id
    return error


def _staged(kept: Kept, entity: Entity, row: dict[str, Any], client_id: str | None) -> Written:
    moment = kept.moment(entity)
    kept.reads, kept.at = 0, time.monotonic()
    return kept.add(
        entity,
        "glImportItems",
        {
            **row,
            "archive": False,
            "createdAt": moment,
            "modifiedAt": moment,
            "_clientId": client_id,
        },
    )
