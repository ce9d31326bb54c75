"""Staging: records decoded, stored as received, merged and tombstoned."""
