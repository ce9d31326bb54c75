"""A folder a vendor: how it is mounted, what it answers, how it refuses."""
