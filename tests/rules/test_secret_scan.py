"""The repository holds no secret, and the scan that says so finds what is there."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import quote

import pytest

from saldo.warehouse.connection import Connection
from tests.secret_scan import SANDBOX, SHAPES, Scan, files_of_repository
from tests.support import PROJECT

#: Where the sandbox's own tokens are at home; nothing that runs with real ones reads these.
_PLAYGROUNDS = (
    "include/sandbox/", "tests/", "stack/settings.py", "deploy/sandbox.py", "bench/", "docs/",
)  # fmt: skip
#: What tests have made up: digests of what the scan finds, and nothing else.
_MADE_UP = {
    "1854597b0882",  # api/test_routes.py
    "ec25b8fa54a9",  # test_health.py
    "30b32f6466ec",  # test_kills.py
    "371f3879f5dc",  # test_transport.py
    "7288377c3c88",  # test_transport.py
    "172c5cd2a44a",  # test_transport.py
    "3ec9bfcf9cda",  # test_transport.py
    "1f407b628df5",  # test_transport.py
}
#: In three alignments of base64, and with characters that addresses and base64 write differently.
SECRETS = ("planted-secret-1?>~", "planted-secret-22?>~", "planted-secret-333?>~")


def test_the_repository_holds_no_secret() -> None:
    files = files_of_repository(PROJECT)
    assert PROJECT / "README.md" in files
    found = Scan({}).files(files, root=PROJECT)
    assert [one for one in found if one.digest not in _MADE_UP] == []
    assert {one.digest for one in found} == _MADE_UP, (
        "what is not there any more is to be struck out"
    )


def test_the_sandboxs_tokens_stay_where_they_are_played() -> None:
    files = [
        path
        for path in files_of_repository(PROJECT)
        if not str(path.relative_to(PROJECT)).startswith(_PLAYGROUNDS)
    ]
    assert (
        Scan({word: word for word in SANDBOX}, knows_shapes=False).files(files, root=PROJECT) == []
    )


# --- the scan itself -----------------------------------------------------------------------------


@pytest.mark.parametrize("secret", SECRETS)
def test_a_planted_secret_is_found_in_every_coding(secret: str) -> None:
    scan = Scan({"the password": secret}, knows_shapes=False)
    for before in ("", "a", "ab", "user:"):
        text = f"{before}{secret} and more"
        for coded in (
            text.encode(),
            quote(text, safe="").encode(),
            b64encode(text.encode()),
            urlsafe_b64encode(text.encode()),
            text.encode().hex().encode(),
        ):
            (found, *_) = scan.text(b"before " + coded + b" after", "a log")
            assert found.where == "a log"
            assert secret not in str(found)
    assert scan.text(b"planted-secret is no secret", "a log") == []


#: A sample of each shape; written in two parts, or this file would be one.
_SAMPLES = {
    "a bearer header": ("Authorization: Bea", "rer 0123456789abcdef01"),
    "a header of e-conomic": ("{'X-AgreementGrantTo", "ken': 'iKoG5qA0ZjXLBXv9T4SbEE1'}"),
    "a JSON web token": ("eyJhbGciOiJIUzI1NiJ9.", "eyJzdWIiOiIxMjM0NTY3In0.dBjftJeZ4CVPmB92K27"),
    "a private key": ("-----BEGIN RSA PRI", "VATE KEY-----"),
    "a client secret of Entra": ("is abc8", "Q~abcdefghijklmnopqrstuvwxyz012345678 "),
    "a key of Azure storage": ("Account", "Key=" + "A1b2" * 21 + "=="),
    "a token of GitHub or GitLab": ("ghp", "_" + "a1B2" * 9),
    "a key of Amazon": ("AK", "IAIOSFODNN7EXAMPLE"),
    "a token of Slack": ("xo", "xb-123456789012-abcdef"),
    "an address with a password": ("postgresql://saldo", ":kX81bqz77@db/saldo"),
    "a password that is written out": ("'password'", ": 'kX81bqz7kX81bqz7kX81bqz7kX81bqz7'"),
}  # fmt: skip


@pytest.mark.parametrize("what", SHAPES)
def test_each_shape_is_found(what: str) -> None:
    found = Scan({}).text("".join(_SAMPLES[what]).encode(), "a file")
    assert what in {one.what for one in found}


@pytest.mark.parametrize(
    "harmless",
    [
        "Authorization: Bearer {token}", "password=password", "token = self._credentials.token()",
        "postgresql://user:***@db/saldo", "postgresql://{user}:{password}@db", "AKIA", "https://a.b/c:d@e",
    ],
)  # fmt: skip
def test_what_only_names_a_secret_is_none(harmless: str) -> None:
    assert Scan({}).text(harmless.encode(), "a file") == []


def test_a_planted_secret_is_found_in_mails_and_rows(
    tmp_path: Path, warehouse: Connection, dsn: str
) -> None:
    scan = Scan({"the password": SECRETS[0]}, knows_shapes=False)
    message = EmailMessage()
    message["From"] = "saldo@example.com"
    message.set_content(f"the error was {SECRETS[0]} \u00f8" * 9, cte="base64")
    (tmp_path / "mail").write_bytes(bytes(message))
    assert [found.where for found in scan.files([tmp_path / "mail"], root=tmp_path)][-1] == (
        "mail, text/plain"
    )

    assert scan.database(dsn) == []
    warehouse.execute("create table ops.leak (as_bytes bytea, as_json jsonb)")
    for column in ("as_bytes", "as_json"):
        value = SECRETS[0].encode() if column == "as_bytes" else f'{{"a": "{SECRETS[0]}"}}'
        warehouse.execute("truncate ops.leak")
        warehouse.execute(f"insert into ops.leak ({column}) values (%s)", [value])
        (found,) = scan.database(dsn)
        assert found.where == "table ops.leak"
    assert scan.database(dsn, schemas=["mart"]) == []
    warehouse.execute("drop table ops.leak")
