"""Plain values that vendors declare and the floors above read: entities, sources, controls, forms,
keys."""
