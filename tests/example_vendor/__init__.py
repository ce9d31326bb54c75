"""A made-up vendor, whole and small: the example of docs/adding-a-vendor.md, and what proves that nothing shared is one vendor's."""
