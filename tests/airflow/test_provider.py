"""Saldo as a provider of Airflow: the data is well-formed. What Airflow makes of it is in system/api/test_provider.py."""

from __future__ import annotations

import json
import tomllib
from email import message_from_string
from importlib import import_module
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, cast

import pytest

from saldo import __version__
from saldo.agreements.loading import load_agreements
from saldo.airflow.provider import CONNECTION_TYPES, get_provider_info
from saldo.declarations.keys import ENVIRONMENTS
from saldo.hooks.vendors import HOOKS
from saldo.vendors import SOURCES, VENDORS, entity_names
from tests.support import PROJECT

PLUGINS = PROJECT / "plugins"


def test_one_version_everywhere() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    (info,) = PLUGINS.glob("*.dist-info")
    metadata = message_from_string((info / "METADATA").read_text())
    assert {project["version"], __version__, metadata["Version"]} == {project["version"]}
    assert info.name == f"saldo-{__version__}.dist-info"
    assert metadata["Requires-Python"] == project["requires-python"]


def test_the_entry_point_leads_to_the_data() -> None:
    (entry,) = distribution("saldo").entry_points
    assert entry.group == "apache_airflow_provider"
    assert entry.load()() == get_provider_info()


def test_every_vendor_has_a_connection_type_whose_hook_can_be_tested() -> None:
    types = {one["connection-type"]: one for one in CONNECTION_TYPES}
    assert list(types) == list(VENDORS) == list(HOOKS)
    for name, one in types.items():
        module, _, hook = str(one["hook-class-name"]).rpartition(".")
        found = getattr(import_module(module), hook)
        assert found is HOOKS[name]
        assert found.conn_type == name
        assert found.hook_name == one["hook-name"] == VENDORS[name].title
        assert callable(found.test_connection)


@pytest.mark.parametrize("vendor", sorted(set(VENDORS) - set(SOURCES)))
def test_a_vendor_without_entities_is_no_vendor_of_an_agreement(
    tmp_path: Path, vendor: str
) -> None:
    (tmp_path / "x.yaml").write_text(
        f"id: x\nname: X\nvendor: {vendor}\nconnection: x\nschedule: null\n"
        "timezone: Europe/Oslo\nstart_date: 2024-01-01\n"
    )
    found = load_agreements(vendors=entity_names(), directories=[tmp_path])
    assert found.good == ()
    (broken,) = found.broken
    known = ", ".join(sorted(SOURCES))
    assert f"{vendor!r} is unknown; write one of: {known}" in str(broken)


# --- the forms -----------------------------------------------------------------------------------


def test_secrets_are_masked_fields() -> None:
    for one in CONNECTION_TYPES:
        for name, field in one["conn-fields"].items():  # type: ignore[attr-defined]
            words = ("token", "secret", "password")
            is_secret = any(word in name for word in words) and not name.endswith("_url")
            assert is_secret == (field["schema"].get("format") == "password"), name


def test_secrets_of_the_standard_fields_are_passwords() -> None:
    """What Airflow shows as stars is the field `password`; nothing secret may be in another one."""
    for one in CONNECTION_TYPES:
        for field, label in one["ui-field-behaviour"]["relabeling"].items():  # type: ignore[index]
            assert ("token" in label.lower() or "secret" in label.lower()) == (field == "password")


# --- the hooks -----------------------------------------------------------------------------------


def whole(name: str) -> dict[str, Any]:
    """A connection of the type that lacks nothing, at addresses where nobody is."""
    form = VENDORS[name].form
    values = {
        field: "http://127.0.0.1:1/" if told.default.startswith("https://") else "1"
        for field, told in {**form.standard, **form.extra}.items()
        if told.is_required or told.default.startswith("https://")
    }
    extra = {field: value for field, value in values.items() if field in form.extra}
    return {field: values[field] for field in form.standard if field in values} | {"extra": extra}


WHOLE = {name: whole(name) for name in VENDORS}
#: What a form without it is told to fill in.
NEEDED = [
    (name, field, told.name)
    for name, vendor in VENDORS.items()
    for field, told in {**vendor.form.standard, **vendor.form.extra}.items()
    if told.is_required
]


def told_of(monkeypatch: pytest.MonkeyPatch, name: str, connection: dict[str, Any]) -> str:
    monkeypatch.setenv("AIRFLOW_CONN_BEING_EDITED", json.dumps({"conn_type": name, **connection}))
    (one,) = [one for one in CONNECTION_TYPES if one["connection-type"] == name]
    module, _, hook = str(one["hook-class-name"]).rpartition(".")
    is_good, told = getattr(import_module(module), hook)("being_edited").test_connection()
    assert not is_good
    assert "being_edited" not in told
    return str(told)


@pytest.mark.parametrize("name", VENDORS)
def test_the_test_of_every_type_uses_the_form(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    told = told_of(monkeypatch, name, WHOLE[name])
    assert "cannot be reached from Airflow's API server" in told


@pytest.mark.parametrize(("name", "field", "word"), NEEDED)
def test_what_is_not_filled_in_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, field: str, word: str
) -> None:
    extra = {k: v for k, v in WHOLE[name]["extra"].items() if k != field}
    lacking = {k: v for k, v in WHOLE[name].items() if k != field} | {"extra": extra}
    told = told_of(monkeypatch, name, lacking)
    assert told.startswith(f"this connection has no {word}")
    assert told.endswith("fill it in")


@pytest.mark.parametrize("name", VENDORS)
def test_every_form_asks_what_the_key_is_for_and_when_it_expires(name: str) -> None:
    (one,) = [one for one in CONNECTION_TYPES if one["connection-type"] == name]
    fields = cast("dict[str, Any]", one["conn-fields"])
    assert fields[VENDORS[name].key_field]["schema"]["enum"] == list(ENVIRONMENTS)
    assert fields["expires_on"]["schema"]["format"] == "date"


def with_extra(name: str, **more: str) -> dict[str, Any]:
    """A whole connection, at an address where nobody is: a request would be told of as unreachable."""
    return {**WHOLE[name], "extra": {**WHOLE[name]["extra"], **more}}


@pytest.mark.parametrize("name", VENDORS)
def test_no_type_uses_a_key_that_has_expired(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    told = told_of(monkeypatch, name, with_extra(name, expires_on="2020-02-29"))
    assert told.startswith("the key of this connection expired on 2020-02-29")
    told = told_of(monkeypatch, name, with_extra(name, expires_on="soon"))
    assert told.startswith("this connection has expires_on 'soon' in its extra: write a date")


@pytest.mark.parametrize("name", VENDORS)
def test_no_type_uses_a_production_key_where_it_does_not_belong(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv("SALDO_ENVIRONMENT", raising=False)
    connection = with_extra(name, **{VENDORS[name].key_field: "production"})
    told = told_of(monkeypatch, name, connection)
    assert told.startswith("this connection holds a production key, and this installation is for")
    monkeypatch.setenv("SALDO_ENVIRONMENT", "production")
    assert "cannot be reached" in told_of(monkeypatch, name, connection)


def test_a_test_finds_the_name_under_which_a_production_key_is_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Airflow tests under a name of the moment; what counts is the name the same key is saved under."""
    connection = with_extra("economic", environment="production")
    saved = json.dumps({"conn_type": "economic", **connection})
    monkeypatch.setenv("AIRFLOW_CONN_OF_THE_PILOT", saved)
    monkeypatch.setenv("SALDO_ALLOW_PRODUCTION_KEYS", "not_there, of_the_pilot")
    assert "cannot be reached" in told_of(monkeypatch, "economic", connection)
    other = {**connection, "password": "another"}
    assert "holds a production key" in told_of(monkeypatch, "economic", other)
