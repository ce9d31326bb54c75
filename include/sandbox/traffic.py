"""What was asked for of a company: which paths how often, and what its rate limit has left."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Traffic:
    """`tokens` is what the minute `window` has spent."""

    requests: Counter[str] = field(default_factory=Counter)
    window: int = 0
    tokens: int = 0

    def spend(self, cost: int, *, limit: int) -> tuple[int, int | None]:
        """(tokens used in this minute, seconds to wait when the limit is passed else None)."""
        now = time.time()
        if self.window != int(now // 60):
            self.window, self.tokens = int(now // 60), 0
        if self.tokens + cost > limit:
            return self.tokens, 60 - int(now % 60)
        self.tokens += cost
        return self.tokens, None
