"""A member that gets another number: what named it is read again, or docs/what-is-read-when.md says that it is not."""

from __future__ import annotations

import re

import pytest

from saldo.transform.lineage import brought_by
from saldo.vendors import VENDORS
from saldo.ways.references import References
from tests.support import PROJECT

DOC = PROJECT / "docs" / "what-is-read-when.md"
#: Dimension -> as people call a member of it, where that is not its name.
WORDS = {"vat": "VAT code"}
#: What no record names by a number that a person may change.
NOT_NUMBERED = {"agreement", "period", "document", "dimension_member"}


def not_seen() -> str:
    [found] = re.findall(
        r"^What is \*not\* seen before the weekly full read:(.*?)\n\n", DOC.read_text(), re.M | re.S
    )
    return " ".join(found.split())


@pytest.mark.parametrize(
    "name",
    sorted(
        table.removeprefix("mart.dim_")
        for table in brought_by("economic")
        if table.startswith("mart.dim_")
    ),
)
def test_every_kind_of_member_of_economic_is_followed_or_listed(name: str) -> None:
    followed = {
        silent.to
        for entity in VENDORS["economic"].entities
        for silent in getattr(entity.reads, "silent_changes", entity.silent_changes)
        if isinstance(silent, References)
    }
    if name in NOT_NUMBERED or f"{name}s" in followed:
        return
    listed = not_seen()
    assert re.search(rf"\b{WORDS.get(name, name.replace('_', ' '))}\b", listed), listed
