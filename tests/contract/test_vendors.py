"""What every vendor's object must hold: that what it names is there, and that what it says is so."""

from __future__ import annotations

import json

import pytest

from saldo.declarations.connection_form import Field
from saldo.declarations.controls import Offer
from saldo.errors import ConfigError
from saldo.transform.derived import derive, derived_files
from saldo.transform.headers import core_files, core_transforms
from saldo.transport import Caller
from saldo.vendors import SOURCES, VENDORS
from saldo.vendors.vendor import Vendor, load
from saldo.warehouse.connection import Connection
from tests.contract.places import folder_of
from tests.example_vendor.vendor import EXAMPLE_VENDOR
from tests.recorded import client_of, filled_in, source_of
from tests.support import FIXTURES, PROJECT, agreement, land

every_vendor = pytest.mark.parametrize("vendor", VENDORS.values(), ids=lambda vendor: vendor.name)
every_source = pytest.mark.parametrize("vendor", SOURCES.values(), ids=lambda vendor: vendor.name)
#: The example is in nobody's installation.
INSTALLED = [vendor for vendor in SOURCES.values() if vendor is not EXAMPLE_VENDOR]
POOLS = json.loads((PROJECT / "include" / "pools.json").read_text())


def fields_of(vendor: Vendor) -> dict[str, Field]:
    return {**vendor.form.standard, **vendor.form.extra}


@every_vendor
def test_what_it_names_is_there(vendor: Vendor) -> None:
    for dotted in filter(None, (vendor.client, vendor.check, vendor.controls, vendor.hook)):
        assert callable(load(dotted)), dotted


@every_vendor
def test_it_lives_in_a_folder_of_its_name(vendor: Vendor) -> None:
    assert folder_of(vendor).name == vendor.name
    for dotted in filter(None, (vendor.client, vendor.check, vendor.controls)):
        assert dotted.startswith(f"{vendor.client.rpartition('.client.')[0]}."), dotted
    assert (folder_of(vendor) / "README.md").exists()


@every_vendor
def test_its_client_needs_what_the_form_requires_and_no_more(vendor: Vendor) -> None:
    client = client_of(vendor)
    assert client.usage.requests == 0
    caller = Caller(vendor.name, "nobody", "a_connection")
    for name, field in fields_of(vendor).items():
        if field.is_required:
            with pytest.raises(ConfigError, match=f"'a_connection' has no {field.name} .*fill it"):
                vendor.client_of(filled_in(vendor, without=name), caller)


@every_vendor
def test_every_field_says_what_it_is(vendor: Vendor) -> None:
    for name, field in fields_of(vendor).items():
        assert field.label[0].isupper(), name
        assert field.hint or field.default, name
    assert not vendor.form.extra.get(vendor.key_field)  # asked of every connection anyway


@every_source
def test_its_client_can_do_what_its_declarations_ask(vendor: Vendor) -> None:
    client = client_of(vendor)
    for name in ("check_identity", "pages", "sample", "usage", "daily_calls"):
        assert hasattr(client, name), name
    assert hasattr(client, "document") == bool(vendor.documents.kinds)


@every_source
def test_what_fills_a_table_of_core_is_what_its_sql_says(vendor: Vendor) -> None:
    for table, entity in {**vendor.fills, "agreement": vendor.identity}.items():
        targets = {transform.target for transform in core_files(vendor.name, entity)}
        targets |= {
            made
            for made, files in derived_files(vendor.name).items()
            if any(targets & {*file.reads} for file in files)
        }
        assert f"core.{table}" in targets


@every_source
def test_what_a_ledger_entry_means_follows_from_its_type(
    vendor: Vendor, dsn: str, warehouse: Connection
) -> None:
    """What is made of the ledger is made anew when a type changes, and looks at nothing else."""
    of = agreement(f"types_{vendor.name}", vendor=vendor.name)
    for ledger in vendor.ledger_entities:
        records = json.loads((FIXTURES / vendor.name / f"{ledger}.json").read_text())
        land(warehouse, dsn, source_of(vendor.name, {ledger: records}), of, ledger)
    with warehouse.transaction():
        derive(warehouse, vendor.name, of.id, everything=True)
    meanings = warehouse.execute(
        "select entry_type, count(distinct (event_type, is_opening, is_carried_forward, is_booked_invoice)) "
        "from core.ledger_entry where agreement_id = %s group by 1",
        [of.id],
    ).fetchall()
    assert len(meanings) > 1
    assert {count for _, count in meanings} == {1}, meanings


@every_source
def test_its_sql_and_its_fixtures_are_those_of_its_entities(vendor: Vendor) -> None:
    names = {entity.name for entity in vendor.entities}
    assert {transform.entity for transform in core_transforms(vendor.name)} == names
    assert {path.stem for path in (FIXTURES / vendor.name).glob("*.json")} == names


@every_source
def test_it_tells_what_to_do_without_a_right(vendor: Vendor) -> None:
    """The sentence goes on: "; or name it under `exclude`"."""
    assert vendor.rights[0].islower()
    assert vendor.rights[-1] not in ".;,"


@every_source
def test_its_addresses_have_a_default(vendor: Vendor) -> None:
    for name in vendor.addresses:
        assert vendor.form[name].default.startswith("https://")


@every_source
def test_it_is_provable_when_it_has_controls(vendor: Vendor) -> None:
    offer = Offer.of(vendor.controls_of(client_of(vendor)))
    assert offer.is_provable == bool(vendor.controls)


@pytest.mark.parametrize("vendor", INSTALLED, ids=lambda vendor: vendor.name)
def test_its_pool_is_made_in_every_way_of_running(vendor: Vendor) -> None:
    assert POOLS[vendor.pool] == {
        "slots": vendor.pool_slots,
        "description": f"Tasks that talk to {vendor.title}, over all agreements",
        "include_deferred": False,
    }


def test_no_pool_is_of_a_vendor_that_is_gone() -> None:
    pools = {
        *(vendor.pool for vendor in INSTALLED),
        "saldo_watch",
        "saldo_maintenance",
        "saldo_files",
        "saldo_exports",
        "saldo_accounting",
        "saldo_rates",
        "saldo_powerbi",
    }
    assert set(POOLS) == pools
