"""What a connection says of its key, and when that keeps it from being used."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from saldo.declarations.keys import Key, check_usable, installation, key_of
from saldo.errors import ConfigError
from saldo.vendors import VENDORS

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("conn_type", "extra", "expected"),
    [
        ("economic", {}, Key("c")),
        ("economic", {"environment": "", "expires_on": None}, Key("c")),
        ("economic", {"environment": " Production "}, Key("c", "production")),
        ("xledger", {"environment": "test"}, Key("c", "test")),
        ("moneybird", {"expires_on": "2026-12-31"}, Key("c", None, date(2026, 12, 31))),
        ("business_central", {"environment": "FJORD-42"}, Key("c")),
        ("business_central", {"environment": "Production"}, Key("c", "production")),
        ("business_central", {"environment": "Production", "key_environment": "test"}, Key("c", "test")),
    ],
)  # fmt: skip
def test_what_a_connection_says(conn_type: str, extra: dict[str, Any], expected: Key) -> None:
    assert key_of("c", extra, field=VENDORS[conn_type].key_field) == expected


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        ({"environment": "prod"}, "environment 'prod' in its extra: write one of production, test,"),
        ({"environment": 1}, "environment '1'"),
        ({"expires_on": "31.12.2026"}, "expires_on '31.12.2026' in its extra: write a date such as"),
        ({"expires_on": "2026-02-30"}, "expires_on '2026-02-30'"),
        ({"expires_on": "20261231"}, "expires_on '20261231'"),
        ({"expires_on": "2026-12-31T00:00:00Z"}, "expires_on a text of 20 characters"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named(extra: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError) as raised:
        key_of("economic_nordlys", extra)
    assert f"the Airflow connection 'economic_nordlys' has {told}" in str(raised.value)


def test_a_token_in_the_wrong_field_is_not_repeated() -> None:
    token = "planted-0123456789-planted"
    for field in ("environment", "expires_on"):
        with pytest.raises(ConfigError) as raised:
            key_of("c", {field: token})
        assert token not in str(raised.value)


@pytest.mark.parametrize(
    ("day", "is_over"), [("2026-11-30", True), ("2026-12-01", False), ("2026-12-02", False)]
)
def test_a_key_works_on_its_last_day(day: str, is_over: bool) -> None:
    key = Key("c", expires_on=date.fromisoformat(day))
    assert key.has_expired(NOON) == is_over
    if is_over:
        with pytest.raises(
            ConfigError, match=r"connection 'c' expired on 2026-11-30 .*enter a new"
        ):
            check_usable(key, now=NOON, environ={})
    else:
        check_usable(key, now=NOON, environ={})


@pytest.mark.parametrize(
    ("environ", "of", "is_refused"),
    [
        ({}, "production", True),
        ({}, "test", False),
        ({}, "development", False),
        ({}, None, False),
        ({"SALDO_ENVIRONMENT": "test"}, "production", True),
        ({"SALDO_ENVIRONMENT": "Production"}, "production", False),
        ({"SALDO_ENVIRONMENT": "production"}, "test", False),
        ({"SALDO_ALLOW_PRODUCTION_KEYS": "b, c"}, "production", False),
        ({"SALDO_ALLOW_PRODUCTION_KEYS": "cc,C,1"}, "production", True),
        ({"SALDO_ALLOW_PRODUCTION_KEYS": "*"}, "production", True),
    ],
)
def test_a_production_key_stays_in_production(
    environ: dict[str, str], of: str | None, is_refused: bool
) -> None:
    if not is_refused:
        check_usable(Key("c", of), now=NOON, environ=environ)
        return
    with pytest.raises(ConfigError) as raised:
        check_usable(Key("c", of), now=NOON, environ=environ)
    for text in ("connection 'c' holds a production key", "SALDO_ALLOW_PRODUCTION_KEYS"):
        assert text in str(raised.value)


def test_an_installation_that_is_nothing_known_is_named() -> None:
    assert installation({}) == installation({"SALDO_ENVIRONMENT": " "}) == "development"
    with pytest.raises(ConfigError, match="SALDO_ENVIRONMENT is 'prd': set it to one of"):
        installation({"SALDO_ENVIRONMENT": "prd"})
