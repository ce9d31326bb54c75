"""Business Central as a target, against the sandbox over a socket."""
