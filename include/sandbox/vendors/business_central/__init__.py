"""Business Central, played."""
