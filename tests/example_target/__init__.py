"""A made-up accounting system: the example of a target, and what tests of the register send to."""
