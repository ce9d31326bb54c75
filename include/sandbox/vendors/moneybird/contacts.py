"""Contacts: the customers and the suppliers of the books, every fifth of them a private person without a company.

What changes them: renames and new ones as the books have them; every third day a supplier of the second half is
merged into one of the first (`merges`): it is gone, its documents show the other; some contacts are archived, and
only told of where the archived ones are asked for. The version is the epoch second of the last change.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sandbox.books import people
from sandbox.books.calendar import working_day
from sandbox.books.changes import FIRST_CUSTOMER, renumberings

from .administration import CONTACT, Administration, at, stamp, version

MERGE_EVERY = 3
#: Place of the first idle customer, all of whom are archived one day.
_FIRST_IDLE = 9_000_000
_LONG_AGO = at(working_day(0).replace(year=2024, month=1), 33_000, 118)
_FIRST_NAMES = ("Saïda", "Jan", "Małgorzata", "Ömer", "Fenna", "=Piet", "Zoë")
_LAST_NAMES = ("de Vries", "van den Berg", "Jansen", "Yıldız", "'t Hooft", "Bakker")


class Contact(NamedTuple):
    """index: its place among both; name: None of a private person."""

    place: int
    name: str | None
    number: str
    city: str
    zip: str
    created: int
    updated: int
    is_archived: bool = False


def customer_index(place: int) -> int:
    return place * 2


def supplier_index(place: int) -> int:
    return place * 2 + 1


class Merge(NamedTuple):
    into: int
    day: int


def merges(administration: Administration) -> dict[int, Merge]:
    """Place of a supplier that is gone -> the one it was merged into, and when."""
    half, found = administration.company.suppliers // 2, dict[int, Merge]()
    for day in range(MERGE_EVERY, administration.day + 1, MERGE_EVERY):
        gone = administration.company.suppliers - 1 - len(found)
        if gone < half or half == 0:
            break
        found[gone] = Merge(administration.bits(31, day) % half, day)
    return found


def contacts(administration: Administration) -> dict[int, Contact]:
    """Contacts by index, archived ones too."""
    found = {}
    for one in (*_customers(administration), *_suppliers(administration)):
        found[one.place] = one
    return found


def _customers(administration: Administration) -> list[Contact]:
    company, day = administration.company, administration.day
    renames = {people.customer_renamed_on(company, d): d for d in range(1, day + 1)}
    renumbered = {c.number: (old, c.day) for old, c in renumberings(company, day).items()}
    found = []
    for one in people.customers(company, day):
        if one.number in people.IDLE_CUSTOMERS:
            continue
        number, changed = renumbered.get(one.number, (one.number, 0))
        place = number - FIRST_CUSTOMER
        made = max(0, place - company.customers + 1)
        found.append(
            _contact(
                administration, customer_index(place), one.name, str(one.number), one, made,
                max(made, renames.get(place, 0), changed),
            )
        )  # fmt: skip
    return [*found, *_idle(administration)]


def _idle(administration: Administration) -> list[Contact]:
    found, day = [], administration.day
    for place, number in enumerate(people.IDLE_CUSTOMERS):
        archived, again = people.idle_deleted_on(place), people.idle_reused_on(place)
        changed = again if day >= again else archived if day >= archived else 0
        when = administration.evening(changed, place) if changed else _LONG_AGO
        found.append(
            Contact(
                _FIRST_IDLE + place, f"Slapend B.V. {place}", str(number), "Zwolle", "8011AB", _LONG_AGO,
                when, archived <= day < again,
            )
        )  # fmt: skip
    return found


def _suppliers(administration: Administration) -> list[Contact]:
    company, day = administration.company, administration.day
    gone = administration.of(merges)
    renames = {people.supplier_renamed_on(company, d): d for d in range(1, day + 1)}
    found = []
    for place, one in enumerate(people.suppliers(company, day)):
        if place in gone:
            continue
        made = max(0, place - company.suppliers + 1)
        number = f"K-{place:03d}" if place % 3 else f"{place:05d}"
        found.append(
            _contact(
                administration, supplier_index(place), one.name, number, one, made,
                max(made, renames.get(place, 0)),
            )
        )  # fmt: skip
    return found


def _contact(
    administration: Administration, index: int, name: str, number: str,
    one: people.Customer | people.Supplier, made: int, changed: int,
) -> Contact:  # fmt: skip
    bits = administration.bits(32, index)
    company_name = None if bits % 5 == 0 else name.replace(" ApS", " B.V.")
    created = administration.evening(made, bits) if made else _LONG_AGO + bits % 86_400_000
    updated = administration.evening(changed, bits >> 8) if changed else created
    return Contact(index, company_name, number, one.city, one.zip, created, max(created, updated))


def contact_id(administration: Administration, index: int) -> str:
    return administration.record_id(CONTACT, index)


def record(administration: Administration, index: int) -> dict[str, Any]:
    """A contact as a list shows it: with its events."""
    return {**embedded(administration, index), "events": []}


def embedded(administration: Administration, index: int) -> dict[str, Any]:
    """A contact inside a document: as it is today, whatever the document's version."""
    made: dict[int, dict[str, Any]] = administration.of(_made)
    if index not in made:
        made[index] = _fields(administration, administration.of(contacts)[index])
    return made[index]


def _made(administration: Administration) -> dict[int, dict[str, Any]]:
    return {}


def _fields(administration: Administration, one: Contact) -> dict[str, Any]:
    bits = administration.bits(33, one.place)
    is_private = one.name is None
    mail = f"info{one.place}@voorbeeld.example"
    return {
        "id": contact_id(administration, one.place), "administration_id": administration.id,
        "company_name": one.name,
        "firstname": _FIRST_NAMES[bits % len(_FIRST_NAMES)] if is_private else None,
        "lastname": _LAST_NAMES[(bits >> 8) % len(_LAST_NAMES)] if is_private else None,
        "address1": f"Dorpsstraat {bits % 300}", "address2": None, "zipcode": one.zip, "city": one.city,
        "country": "NL" if bits % 7 else "BE", "phone": None, "delivery_method": "Email",
        "customer_id": one.number, "tax_number": None if is_private else f"NL{bits % 10**9:09d}B01",
        "chamber_of_commerce": None if is_private else f"{bits % 10**8:08d}",
        "bank_account": f"NL{bits % 90 + 10}RABO{bits % 10**10:010d}", "is_trusted": False,
        "max_transfer_amount": None, "attention": None, "email": mail, "email_ubl": True,
        "send_invoices_to_attention": None, "send_invoices_to_email": mail,
        "send_estimates_to_attention": None, "send_estimates_to_email": mail, "direct_debit": False,
        "sepa_active": False, "sepa_iban": None, "sepa_iban_account_name": None, "sepa_bic": None,
        "sepa_mandate_id": None, "sepa_mandate_date": None, "sepa_sequence_type": "RCUR",
        "credit_card_number": None, "credit_card_reference": None, "credit_card_type": None,
        "tax_number_validated_at": None, "tax_number_valid": None, "invoice_workflow_id": None,
        "estimate_workflow_id": None, "si_identifier": None, "si_identifier_type": None,
        "moneybird_payments_mandate": False, "created_at": stamp(one.created),
        "updated_at": stamp(one.updated), "version": version(one.updated),
        "sales_invoices_url": f"https://moneybird.dev/{administration.id}/sales_invoices/{bits:064x}/all",
        "notes": [], "custom_fields": [], "contact_people": [], "archived": one.is_archived,
    }  # fmt: skip
