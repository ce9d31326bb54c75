"""Which agreement a company is that a file names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from zlib import crc32

from saldo.agreements.agreement import Agreement


class UnknownCompany(ValueError):
    """No agreement, several, or another than the configuration's is what a file names; the text is a clause that says what
    was expected."""

    def __init__(self, expected: str, remedy: str = "Correct the company in this line") -> None:
        super().__init__(expected)
        self.remedy = remedy


class Companies:
    """Agreements by id, name and company number; case makes no difference."""

    def __init__(self, agreements: Iterable[Agreement], fixed: str | None) -> None:
        """fixed: the agreement that the configuration names: files are about no other."""
        self._fixed = fixed
        self._by_word: defaultdict[str, set[str]] = defaultdict(set)
        self._ids: list[str] = []
        for agreement in agreements:
            self._ids.append(agreement.id)
            for word in (agreement.id, agreement.name, agreement.company):
                if word:
                    self._by_word[word.strip().casefold()].add(agreement.id)

    @property
    def ids(self) -> list[str]:
        """All agreements that a file can be about."""
        return self._ids if self._fixed is None else [self._fixed]

    @property
    def fingerprint(self) -> int:
        """Another number when companies are called otherwise, below 2**32; always the same where it does not matter."""
        if self._fixed is not None:
            return 0
        words = sorted((word, *sorted(ids)) for word, ids in self._by_word.items())
        return crc32(repr(words).encode())

    def agreement(self, company: str) -> str:
        """The id; empty is the fixed one. Raises UnknownCompany."""
        word = company.strip().casefold()
        if self._fixed is not None:
            return self._own(word, self._fixed)
        if word in self._ids:
            return word
        found = self._by_word.get(word, set())
        if len(found) == 1:
            return next(iter(found))
        if found:
            raise UnknownCompany(
                f"the id of one of the agreements {', '.join(sorted(found))}, which are all called that"
            )
        ids = sorted(self._ids)
        listed = ", ".join(ids[:20]) + (" …" if len(ids) > 20 else "")
        raise UnknownCompany(f"an agreement's id, name or company number, such as {listed}")

    def _own(self, word: str, fixed: str) -> str:
        """Lines of a fixed agreement need not say whose they are; those that say another's are not its own."""
        if word in ("", fixed) or (word not in self._ids and fixed in self._by_word.get(word, ())):
            return fixed
        raise UnknownCompany(
            f"{fixed}, the `agreement` of the configuration",
            "Correct the company, leave the line out, or say agreement_column in the configuration, in place of agreement",
        )
