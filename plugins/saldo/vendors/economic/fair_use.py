"""What e-conomic allows an agreement."""

from __future__ import annotations

#: Fair use: how many calls an agreement may make in 24 hours (e-conomic.com/developer/fair-use-policy).
DAILY_CALLS = 50_000
