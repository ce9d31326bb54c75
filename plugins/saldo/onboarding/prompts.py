"""Questions to a person at a terminal, or to the lines of a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import questionary

from saldo.errors import ConfigError


@dataclass(frozen=True)
class Question:
    """key: of the agreement's file. default: what an empty answer means; empty: there is none. choices: the
    only answers; suggestions: some of them. check: what is wrong with an answer, empty if nothing."""

    key: str
    text: str
    check: Callable[[str], str]
    default: str = ""
    choices: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()


class Asker(Protocol):
    """Who answers questions."""

    def ask(self, question: Question) -> str:
        """An answer that passes the question's check."""

    def agrees(self, text: str, *, otherwise: str) -> bool:
        """Whether a person says yes; where nobody can be asked, raises ConfigError: `otherwise` is how to
        say it beforehand."""


class Terminal:
    """A person at a terminal, who is asked until the answer passes."""

    def ask(self, question: Question) -> str:
        def is_right(answer: str) -> bool | str:
            return question.check(answer or question.default) or True

        text, default = question.text, question.default
        if question.choices:
            asked = questionary.select(
                text, choices=list(question.choices), default=default or None
            )
        elif question.suggestions:
            asked = questionary.autocomplete(
                text,
                choices=list(question.suggestions),
                match_middle=True,
                default=default,
                validate=is_right,
            )
        else:
            asked = questionary.text(text, default=default, validate=is_right)
        return str(asked.unsafe_ask()).strip() or question.default

    def agrees(self, text: str, *, otherwise: str) -> bool:
        return bool(questionary.confirm(text, default=False).unsafe_ask())


class Piped:
    """A line for each question, in their order; an empty one, or none, is the default."""

    def ask(self, question: Question) -> str:
        answer = sys.stdin.readline().strip() or question.default
        if wrong := question.check(answer):
            raise ConfigError(
                f"{question.key}: {wrong}. There is no terminal to ask again: give --{question.key}, or a "
                "line of its own"
            )
        return answer

    def agrees(self, text: str, *, otherwise: str) -> bool:
        raise ConfigError(f"{text} There is no terminal to ask: {otherwise}")


def asker() -> Asker:
    """A terminal where there is one, else a pipe."""
    return Terminal() if sys.stdin.isatty() and sys.stdout.isatty() else Piped()
