"""Files of the lake: what is written when, and that it is what staging holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import Company, Sandbox, night
from tests.xledger import xledger_company

from .support import assert_as_staging, digests, local, write


@pytest.fixture(params=["economic", "xledger"])
def company(request: pytest.FixtureRequest, sandbox: Sandbox) -> Company:
    if request.param == "xledger":
        return xledger_company(sandbox, "lakeside")
    return sandbox.company("lakeside", entries=600, currencies=["EUR"])


def test_nights_of_every_vendor_are_in_the_lake(dsn: str, company: Company, tmp_path: Path) -> None:
    for _ in range(3):
        assert not night(dsn, company).errors
        write(dsn, company, local(tmp_path))
        assert_as_staging(dsn, company, tmp_path)
        company.next_day()
    before = digests(tmp_path)
    night(dsn, company, entities=[])
    write(dsn, company, local(tmp_path))
    assert digests(tmp_path) == before
