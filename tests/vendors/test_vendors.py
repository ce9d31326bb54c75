"""A vendor's object that cannot be right is refused; forms of connections. What every object must hold: contract/."""

from __future__ import annotations

from dataclasses import replace

import pytest

from saldo.declarations.connection_form import Field, Fields, Form
from saldo.errors import ConfigError
from saldo.vendors import VENDORS
from tests.support import agreement

ECONOMIC = VENDORS["economic"]


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"identity": "accounts"}, "its first entity must be its identity"),
        ({"fills": {}}, "say in `fills` which entity fills ledger_entry"),
        ({"rights": ""}, "`rights` must say what to do"),
        ({"fills": {"ledger_entry": "entires"}}, "entires: no entity or field of it"),
        (
            {"addresses": ("open_api_host",), "elsewhere": {}},
            "open_api_host: no entity or field of it",
        ),
        ({"elsewhere": {"v2/": "open_api_host"}}, "open_api_host: no entity or field of it"),
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
