"""What a vendor's object says is true: of its code, its SQL, the pools of every way of running."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from saldo.declarations.connection_form import Field, Fields, Form
from saldo.errors import ConfigError
from saldo.paths import SQL_DIR
from saldo.vendors import SOURCES, VENDORS
from saldo.vendors.vendor import Vendor, load
from tests.support import PROJECT, agreement

ECONOMIC = VENDORS["economic"]
every_vendor = pytest.mark.parametrize("vendor", VENDORS.values(), ids=lambda vendor: vendor.name)
every_source = pytest.mark.parametrize("vendor", SOURCES.values(), ids=lambda vendor: vendor.name)


@every_vendor
def test_what_it_names_is_there(vendor: Vendor) -> None:
    for dotted in filter(None, (vendor.client, vendor.check, vendor.controls, vendor.hook)):
        assert callable(load(dotted)), dotted


@every_vendor
def test_it_lives_in_a_folder_of_its_name(vendor: Vendor) -> None:
    assert vendor.client.startswith(f"saldo.vendors.{vendor.name}.")
    assert (PROJECT / "plugins/saldo/vendors" / vendor.name / "README.md").exists()


@every_source
def test_what_fills_a_table_of_core_is_what_its_sql_says(vendor: Vendor) -> None:
    for table, entity in {**vendor.fills, "agreement": vendor.identity}.items():
        text = (SQL_DIR / "core" / vendor.name / f"{entity}.sql").read_text()
        assert f"-- writes: core.{table}\n" in text


@every_source
def test_its_pool_is_made_in_every_way_of_running(vendor: Vendor) -> None:
    pools = json.loads((PROJECT / "include" / "pools.json").read_text())
    assert pools[vendor.pool] == {
        "slots": vendor.pool_slots,
        "description": f"Tasks that talk to {vendor.title}, over all agreements",
        "include_deferred": False,
    }


def test_no_pool_is_of_a_vendor_that_is_gone() -> None:
    pools = json.loads((PROJECT / "include" / "pools.json").read_text())
    assert set(pools) == {
        *(vendor.pool for vendor in SOURCES.values()), "saldo_watch", "saldo_maintenance",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"identity": "accounts"}, "its first entity must be its identity"),
        ({"fills": {}}, "say in `fills` which entity fills ledger_entry"),
        ({"rights": ""}, "`rights` must say what to do"),
        ({"fills": {"ledger_entry": "entires"}}, "entires: no entity or field of it"),
        ({"addresses": ("open_api_host",)}, "open_api_host: no entity or field of it"),
    ],
)
def test_an_object_that_cannot_be_right_is_refused(other: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=f"vendor economic: .*{words}"):
        replace(ECONOMIC, **other)  # type: ignore[arg-type]


def test_what_names_the_company_is_always_wanted() -> None:
    few = agreement("few", entities=("entries", "accounts"), exclude=("self", "accounts"))
    assert [entity.name for entity in ECONOMIC.wanted(few)] == ["self", "entries"]


# --- forms ---------------------------------------------------------------------------------------

FORM = Form(
    standard={"host": Field("Address", default="https://example.com"), "password": Field("Key")},
    extra={"book": Field("Book number", is_required=True)},
)


def test_a_form_fills_in_defaults_and_names_what_is_missing() -> None:
    given = Fields.of(host=None, login=None, password="k", extra={"book": 42, "other": None})
    whole = FORM.complete(given, conn_id="c")
    assert (whole.host, whole["password"], whole["book"], whole["other"]) == (
        "https://example.com", "k", "42", "",
    )  # fmt: skip
    with pytest.raises(ConfigError, match=r"'c' has no book number \(book in its extra\); fill"):
        FORM.complete(Fields(password="k"), conn_id="c")


def test_what_a_connection_holds_is_never_shown() -> None:
    assert "hush" not in repr(Fields("host", "hush", "hush", {"token": "hush"}))


def test_a_form_has_the_fields_connections_have() -> None:
    with pytest.raises(ValueError, match="user: a connection has no such standard field"):
        Form(standard={"user": Field("User")})
