"""What tasks read and write, for a collector of OpenLineage events; what such an event never holds.

The specification: https://openlineage.io/docs/spec. docs/observability.md says how it is switched on.
"""
