"""A Power BI project made from the catalogue of the warehouse, and what refreshes it in the service after the nights.

docs/power-bi.md. Nothing is imported here: DAG files read `choice`, and are read often.
"""
