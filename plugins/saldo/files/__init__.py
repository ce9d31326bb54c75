"""Files of people: what they are configured as, where they lie, and what of them is new."""
