"""Rows of the register of exports (ops.export_job), written by what sends them."""
