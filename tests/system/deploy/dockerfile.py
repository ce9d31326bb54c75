"""The Dockerfile, read into stages and their steps, as far as the tests need it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from tests.support import PROJECT


@dataclass
class Stage:
    base: str
    name: str
    #: (instruction, words after it), in order.
    steps: list[tuple[str, str]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        pairs = (re.findall(r"(\w+)=(\S+)", words) for what, words in self.steps if what == "ENV")
        return {name: value for found in pairs for name, value in found}


def stages(path: Path = PROJECT / "Dockerfile") -> list[Stage]:
    lines = [line for line in path.read_text().splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    found: list[Stage] = []
    for line in filter(None, map(str.strip, joined.splitlines())):
        what, _, words = line.partition(" ")
        if what == "FROM":
            base, _, name = words.partition(" AS ")
            found.append(Stage(base, name))
        else:
            found[-1].steps.append((what, words))
    return found


def stage(name: str) -> Stage:
    return next(each for each in stages() if each.name == name)
