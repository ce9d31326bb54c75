"""Who may read which agreements in the mart: people's files, and how they become rights in Postgres. docs/rights.md"""
