"""docs/sharepoint.md explains what is really said: each of its sentences is one of the code's."""

from __future__ import annotations

import re

from tests.support import PROJECT

PACKAGE = PROJECT / "plugins" / "saldo"
#: What stands for something else: in a sentence of the page a name or a number, in one of the code a placeholder.
_SHOWN = re.compile(
    r"…|'[^']*'|/run/secrets/\S+|\(Permission denied\)|\(?AADSTS\d+\)?,?|\b\d+ ?(?=MB)|\b\d+(?=:)"
    r"|Tenant ID \(tenant_id in its extra\)|(?<=certificate) (?=is locked)|development \(SALDO_ENVIRONMENT\)"
)


def said() -> str:
    """All texts of the code, those over several lines joined."""
    places = ("graph", "files", "transport", "hooks", "declarations")
    code = "\n".join(
        path.read_text() for place in places for path in (PACKAGE / place).glob("*.py")
    )
    return re.sub(r'"\s*\n\s*f?"', "", code)


def test_every_error_the_guide_explains_is_one_of_the_code() -> None:
    page = (PROJECT / "docs" / "sharepoint.md").read_text()
    table = page.split("## What is said when something lacks")[1].split("\n## ")[0]
    sentences = re.findall(r"^\| (?!The task|---)(.+?) \|", table, re.MULTILINE)
    assert len(sentences) > 15
    code = said()
    wrong = [
        part
        for sentence in sentences
        for part in (one.strip(" .,;:") for one in _SHOWN.split(sentence))
        if len(part) > 5 and part not in code
    ]
    assert not wrong, wrong
