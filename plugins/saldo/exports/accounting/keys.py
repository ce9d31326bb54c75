"""Names under which an expense is found again in an accounting system: the same for the same revision, whoever asks.

In capitals, since Business Central turns all codes into them. They begin with what people know an expense by; what makes them
unique is the digest at their end, made of the organisation, the id as it was written and the revision.
"""

from __future__ import annotations

import base64
import hashlib
import re

#: Of a document's number, and of a reference, in Business Central; Xledger's are longer.
LONGEST_KEY = 20
LONGEST_REFERENCE = 35
#: Sixty bits: of a million expenses, two have the same with a chance of one in two million.
_DIGEST = 12
#: Room for the number of a line behind a reference.
_LINE = 5


def digest_of(organisation: str, id: str, revision: int) -> str:
    """12 capitals and digits."""
    said = f"{organisation}\0{id}\0{revision}".encode()
    return base64.b32encode(hashlib.sha256(said).digest()).decode()[:_DIGEST]


def key_of(organisation: str, id: str, revision: int) -> str:
    """At most 20 characters: the end of the id, and the digest."""
    return _named(id, LONGEST_KEY, digest_of(organisation, id, revision), last=True)


def reference_of(organisation: str, id: str, revision: int) -> str:
    """At most 30 characters, so that the number of a line fits behind it: the id as far as it goes, and the digest."""
    digest = digest_of(organisation, id, revision)
    return _named(id, LONGEST_REFERENCE - _LINE, digest, last=False)


def line_reference(reference: str, line: int) -> str:
    """At most 35 characters. line: of the expense; 0 for what is owed."""
    return f"{reference}-{line}"


def _named(id: str, longest: int, digest: str, *, last: bool) -> str:
    room = longest - len(digest) - 1
    plain = re.sub("[^A-Z0-9]+", "-", id.upper())
    plain = (plain[-room:] if last else plain[:room]).strip("-")
    return f"{plain}-{digest}" if plain else digest
