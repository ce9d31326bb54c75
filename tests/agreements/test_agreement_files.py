"""Agreement files from texts: what is written loads, and nothing else is overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saldo.agreements.agreement import Agreement
from saldo.agreements.drafts import Draft, draft, keys, required, states, write
from saldo.agreements.loading import load_agreements
from saldo.errors import ConfigError
from saldo.vendors import entity_names

VENDORS = entity_names()
TEXTS = {
    "id": "fjord", "name": "Fjord ApS", "vendor": "economic", "connection": "economic_fjord",
    "schedule": "0 3 * * *", "timezone": "Europe/Copenhagen", "start_date": "2024-01-01",
}  # fmt: skip


def made(folder: Path, **other: str) -> Draft:
    found, problems = draft({**TEXTS, **other}, directory=folder, vendors=VENDORS)
    assert problems == []
    assert found
    return found


def wrong(**other: str) -> list[str]:
    found, problems = draft({**TEXTS, **other}, directory=Path("x"), vendors=VENDORS)
    assert found is None
    return [str(problem) for problem in problems]


def test_what_is_written_loads(tmp_path: Path) -> None:
    one = made(tmp_path)
    write([one])
    found = load_agreements(vendors=VENDORS, directories=[tmp_path])
    assert found.good == (one.agreement,)
    assert [path.name for path in tmp_path.iterdir()] == ["fjord.yaml"]


def test_every_key_of_a_file_can_be_said(tmp_path: Path) -> None:
    said = {
        "entities": "accounts, entries", "exclude": "units; products", "full_refresh": "monthly",
        "alerts.to": "a@example.com,b@example.com", "alerts.after_failures": "3",
        "alerts.remind_after_hours": "5", "http.max_tries": "4", "http.max_wait_s": "60",
        "guard.max_delete_share": "0.5", "guard.min_rows": "7", "lake": "yes", "company": "12345678",
        "owner": "finance", "tags": "a,b", "finish_by": "05:30", "enabled": "false",
        "replaces": "old", "personal_accounts": "2210, 2300-2399", "heartbeat_url": "https://example.com/ping",
    }  # fmt: skip
    assert set(said) | set(TEXTS) == set(keys())
    found = made(tmp_path, **said).agreement
    assert found.entities == ("accounts", "entries")
    assert found.exclude == ("units", "products")
    assert found.alerts.to == ("a@example.com", "b@example.com")
    assert (found.guard.max_delete_share, found.guard.min_rows) == (0.5, 7)
    assert (found.company, found.lake, found.enabled) == ("12345678", True, False)
    assert str(found.finish_by) == "05:30:00"


def test_words_that_mean_nothing_or_all(tmp_path: Path) -> None:
    found = made(tmp_path, schedule="null", finish_by="null", entities="all").agreement
    assert (found.schedule, found.finish_by, found.entities) == (None, None, "all")


@pytest.mark.parametrize("key", required())
def test_what_is_missing_is_named(key: str) -> None:
    assert wrong(**{key: " "}) == [f"{key}: is missing; add it"]


def test_every_wrong_text_is_named_at_once() -> None:
    told = wrong(
        id="9", vendor="navision", schedule="* *", timezone="Mars", start_date="01-01-2024",
        lake="perhaps", **{"http.max_tries": "many", "alerts.to": "nobody"},
    )  # fmt: skip
    for words in (
        "id: '9' is not an id", "vendor: 'navision' is unknown", "schedule: '* *' is not a cron",
        "timezone: 'Mars' is no timezone", "start_date: must be a date such as 2024-01-31, not '01-01-2024'",
        "alerts.to: 'nobody' is not a mail address", "http.max_tries: must be a whole number, not 'many'",
        "lake: must be true or false, not 'perhaps'",
    ):  # fmt: skip
        assert sum(line.startswith(words) for line in told) == 1, words
    order = list(keys())
    places = [order.index(line.partition(":")[0]) for line in told]
    assert places == sorted(places)


def test_an_unknown_entity_is_named() -> None:
    assert wrong(exclude="units, hats")[0].startswith("exclude: 'hats' is no entity of economic")


@given(st.text(min_size=1).filter(lambda text: text.strip()))
def test_any_name_is_kept_or_refused(name: str) -> None:
    found, problems = draft({**TEXTS, "name": name}, directory=Path("x"), vendors=VENDORS)
    assert (found is None) == bool(problems)
    if found:
        assert found.agreement.name == " ".join(name.split())


# --- writing -------------------------------------------------------------------------------------


def what(folder: Path, *drafts: Draft) -> list[str]:
    return [state.what for state in states(drafts, vendors=VENDORS, directories=[folder])]


def test_the_same_again_is_unchanged_whatever_its_form(tmp_path: Path) -> None:
    one = made(tmp_path)
    assert what(tmp_path, one) == ["new"]
    write([one])
    one.path.write_text("# by hand\n" + one.text.replace("0 3 * * *", '"0 3 * * *"'))
    assert what(tmp_path, one) == ["unchanged"]
    assert what(tmp_path, made(tmp_path, name="Another")) == ["differs"]
    one.path.write_text("id: fjord")
    assert what(tmp_path, one) == ["differs"]


def test_an_id_of_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text(made(tmp_path).text)
    with pytest.raises(ConfigError, match=r"'fjord' is taken by .*old\.yaml"):
        what(tmp_path, made(tmp_path))
    (tmp_path / "old.yaml").write_text("{[")
    assert what(tmp_path, made(tmp_path)) == ["new"]


def test_the_folder_is_made(tmp_path: Path) -> None:
    one = made(tmp_path / "new" / "folder")
    write([one])
    assert one.path.exists()


def test_all_or_none(tmp_path: Path) -> None:
    first, second = made(tmp_path), made(tmp_path, id="second")
    blocked = Draft(second.agreement, tmp_path / "file" / "second.yaml", second.text)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match="nothing was written"):
        write([first, blocked])
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_what_was_written_before_a_disk_failed_is_told(tmp_path: Path) -> None:
    first, second = made(tmp_path), made(tmp_path, id="second")
    second.path.mkdir()
    with pytest.raises(ConfigError, match=r"written: fjord\.yaml; the others are not"):
        write([first, second])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fjord.yaml", "second.yaml"]


def test_keys_follow_the_agreement() -> None:
    assert {key.partition(".")[0] for key in keys()} == set(Agreement.model_fields)
