"""The vendors' APIs played on loopback: what `make up` syncs from and what the tests talk to."""
