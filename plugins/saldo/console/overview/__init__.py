"""GET /saldo/: all agreements that the user may see, their last thirty nights, and what needs attention first."""
