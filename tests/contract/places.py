"""Where a vendor's folder is, whoever brings it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from saldo.vendors.vendor import Vendor


def folder_of(vendor: Vendor) -> Path:
    """The folder of its code."""
    module = import_module(vendor.client.rpartition(".")[0])
    assert module.__file__
    return Path(module.__file__).parent
