"""What an agreement file promises: defaults, an error for every mistake, and no harm to its neighbours."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest

from saldo.agreements.agreement import Guard, Http
from saldo.agreements.loading import Agreements, agreement_dirs, load_agreements
from saldo.paths import PROJECT
from saldo.subject import Alerts
from saldo.vendors import SOURCES, entity_names

VENDORS = {"economic": ("self", "accounts", "entries")}
GOOD = """\
id: nordlys
name: Nordlys ApS
vendor: economic
connection: economic_nordlys
schedule: "0 3 * * *"
timezone: Europe/Copenhagen
start_date: 2024-01-01
"""
NEIGHBOUR = GOOD.replace("nordlys", "neighbour")


def load(folder: Path, *, only: str | None = None) -> Agreements:
    return load_agreements(vendors=VENDORS, directories=[folder], only=only)


def write(folder: Path, **files: str | bytes) -> None:
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        (folder / f"{name}.yaml").write_bytes(data)


def the_problem(folder: Path, content: str | bytes) -> str:
    """What is said of one broken file, after checking that its neighbour is untouched."""
    write(folder, broken=content, neighbour=NEIGHBOUR)
    found = load(folder)
    assert [a.id for a in found.good] == ["neighbour"]
    assert [b.path.name for b in found.broken] == ["broken.yaml"]
    said = str(found.broken[0])
    assert all(line.startswith(f"{folder / 'broken.yaml'}: ") for line in said.splitlines())
    return said


# --- good files ----------------------------------------------------------------------------------


def test_a_deadline_and_an_outside_heartbeat(tmp_path: Path) -> None:
    url = "https://hc-ping.com/a-secret"
    write(tmp_path, nordlys=GOOD + f'finish_by: "23:59"\nheartbeat_url: {url}\n')
    (agreement,) = load(tmp_path).good
    assert (agreement.finish_by, agreement.heartbeat_url) == (time(23, 59), url)
    assert "a-secret" not in repr(agreement)
    write(tmp_path, nordlys=GOOD + "finish_by: null\n")
    assert load(tmp_path).good[0].finish_by is None


@pytest.mark.parametrize("value", ['"24:00"', '"6"', "06:60", "[6]", "true", '"06:00:00"'])
def test_a_deadline_that_is_no_time_of_day(tmp_path: Path, value: str) -> None:
    said = the_problem(tmp_path, GOOD + f"finish_by: {value}\n")
    assert "finish_by: " in said
    assert 'write one such as "06:00"' in said


@pytest.mark.parametrize("value", ["hc-ping.com/s3cret", "ftp://x/s3cret", "https:///s3cret"])
def test_an_outside_heartbeat_that_is_no_address_is_not_repeated(
    tmp_path: Path, value: str
) -> None:
    said = the_problem(tmp_path, GOOD + f"heartbeat_url: {value}\n")
    assert "heartbeat_url: is no web address" in said
    assert "s3cret" not in said


def test_seven_keys_are_enough_and_the_rest_has_defaults(tmp_path: Path) -> None:
    write(tmp_path, nordlys=GOOD)
    found = load(tmp_path)
    assert found.broken == ()
    (agreement,) = found.good
    assert agreement.model_dump() == {
        "id": "nordlys", "name": "Nordlys ApS", "vendor": "economic",
        "connection": "economic_nordlys", "schedule": "0 3 * * *",
        "timezone": "Europe/Copenhagen", "start_date": date(2024, 1, 1), "entities": "all",
        "exclude": (), "full_refresh": "weekly",
        "alerts": {"to": (), "after_failures": 2, "remind_after_hours": 24},
        "http": {"max_tries": 6, "max_wait_s": 300},
        "guard": {"max_delete_share": 0.2, "min_rows": 50},
        "finish_by": time(6), "heartbeat_url": None,
        "lake": False, "company": None, "replaces": None, "owner": "saldo", "tags": (), "personal_accounts": (), "enabled": True,
    }  # fmt: skip
    assert agreement.dag_id == "saldo__nordlys"


def test_every_optional_key_is_read(tmp_path: Path) -> None:
    more = """\
entities: [accounts, entries]
exclude: [accounts]
full_refresh: monthly
alerts: {to: [finance@example.com], after_failures: 3, remind_after_hours: 12}
http: {max_tries: 4, max_wait_s: 60}
guard: {max_delete_share: 0.5, min_rows: 10}
lake: true
company: "DK12345678"
owner: finance
tags: [books, dk]
"""
    write(tmp_path, nordlys=GOOD + more)
    (agreement,) = load(tmp_path).good
    assert agreement.entities == ("accounts", "entries")
    assert agreement.full_refresh == "monthly"
    assert agreement.alerts == Alerts(
        to=("finance@example.com",), after_failures=3, remind_after_hours=12
    )
    assert agreement.http == Http(max_tries=4, max_wait_s=60)
    assert agreement.guard == Guard(max_delete_share=0.5, min_rows=10)
    assert (agreement.lake, agreement.company, agreement.owner) == (True, "DK12345678", "finance")
    assert agreement.tags == ("books", "dk")
    economic = SOURCES["economic"]
    wanted = [name for name in VENDORS["economic"] if economic.wants(agreement, name)]
    assert wanted == ["self", "entries"]  # self names the company and is always landed


def test_an_empty_schedule_means_on_demand(tmp_path: Path) -> None:
    write(tmp_path, nordlys=GOOD.replace('"0 3 * * *"', "null"))
    (agreement,) = load(tmp_path).good
    assert agreement.schedule is None


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(GOOD.replace("\n", "\r\n").encode(), id="windows-line-ends"),
        pytest.param(b"\xef\xbb\xbf" + GOOD.encode(), id="byte-order-mark"),
    ],
)
def test_files_of_windows_editors_are_read(tmp_path: Path, content: bytes) -> None:
    write(tmp_path, nordlys=content)
    assert [a.id for a in load(tmp_path).good] == ["nordlys"]


def test_a_disabled_agreement_is_checked_but_not_returned(tmp_path: Path) -> None:
    write(tmp_path, nordlys=GOOD + "enabled: false\n")
    assert load(tmp_path) == Agreements((), ())
    assert load(tmp_path, only="nordlys") == Agreements((), ())
    write(tmp_path, nordlys=GOOD + "enabled: false\nlake: maybe\n")
    assert len(load(tmp_path).broken) == 1


def test_agreements_come_in_order_of_id_and_other_files_are_ignored(tmp_path: Path) -> None:
    write(tmp_path, b=GOOD.replace("nordlys", "b"), a=GOOD.replace("nordlys", "a"))
    (tmp_path / "c.yml").write_text(GOOD.replace("nordlys", "c"))
    (tmp_path / "notes.txt").write_text("id: [")
    assert [a.id for a in load(tmp_path).good] == ["a", "b", "c"]
    assert load(tmp_path).broken == ()


# --- broken files --------------------------------------------------------------------------------

#: what is wrong: (in place of, this), the key that is named, words of the remedy
MISTAKES = {
    "unknown key": ("name: ", "nmae: x\nname: ", "nmae:", "remove it or correct its spelling"),
    "missing key": ("connection: economic_nordlys\n", "", "connection:", "is missing; add it"),
    "empty name": ("name: Nordlys ApS", 'name: ""', "name:", "at least 1 character"),
    "text for a number": (
        "name: ", "http: {max_tries: six}\nname: ", "http.max_tries:", "integer, not 'six'; correct it",
    ),
    "number for a truth": ("name: ", "lake: 1\nname: ", "lake:", "boolean, not 1; correct it"),
    "text for a truth": ("name: ", "enabled: 'never'\nname: ", "enabled:", "not 'never'; correct it"),
    "truth for a text": ("name: ", "company: no\nname: ", "company:", "reads this as False, not as a text; write it in quotes"),
    "fraction for a text": ("name: Nordlys ApS", "name: 1.50", "name:", "reads this as 1.5, not as a text; write it in quotes"),
    "date for a text": ("name: Nordlys ApS", "name: 2024-01-01", "name:", "2024-01-01, not as a text; write it in quotes"),
    "truth as id": ("id: nordlys", "id: no", "id:", "reads this as False, not as a text; write it in quotes"),
    "text for a date": ("2024-01-01", "'first of May'", "start_date:", "a day such as 2024-01-01, not 'first of May'"),
    "instant for a date": (
        "2024-01-01", "2024-01-01 10:30:00", "start_date:", "a day such as 2024-01-01, not 2024-01-01 10:30:00",
    ),
    "table for a list": ("name: ", "tags: {a: b}\nname: ", "tags:", "must be a list such as [a, b], not {'a': 'b'}; correct it"),
    "nothing for a list": ("name: ", "alerts: {to: }\nname: ", "alerts.to:", "must be a list such as [a, b], not None; correct it"),
    "date in a list": ("name: ", "tags: [2024-01-01]\nname: ", "tags.0:", "2024-01-01, not as a text; write it in quotes"),
    "truth in a list": ("name: ", "tags: no\nname: ", "tags.0:", "reads this as False, not as a text; write it in quotes"),
    "text for a share": ("name: ", "guard: {max_delete_share: a fifth}\nname: ", "guard.max_delete_share:", "number, not 'a fifth'; correct it"),
    "no number for a share": ("name: ", "guard: {max_delete_share: 'nan'}\nname: ", "guard.max_delete_share:", "correct it"),
    "several words for one": ("name: ", "alerts: {to: 'a@b.dk, c@d.dk'}\nname: ", "alerts.to:", "must be a list such as [a, b], not 'a@b.dk, c@d.dk'; correct it"),
    "nothing for a section": (
        "name: ", "alerts:\nname: ", "alerts:",
        "holds nothing; write below it, indented, keys such as to:, after_failures:, remind_after_hours:, or leave it out",
    ),
    "text for a section": (
        "name: ", "alerts: anna@example.com\nname: ", "alerts:",
        "'anna@example.com' holds no keys; write below it, indented, keys such as to:, after_failures:, ",
    ),
    "list for a section": ("name: ", "http: [4]\nname: ", "http:", "[4] holds no keys; write below it, indented, keys such as max_tries:, max_wait_s:, or leave"),
    "too many tries": ("name: ", "http: {max_tries: 21}\nname: ", "http.max_tries:", "less than or equal to 20"),
    "share above one": (
        "name: ", "guard: {max_delete_share: 20}\nname: ", "guard.max_delete_share:", "less than or equal to 1",
    ),
    "unknown cadence": ("name: ", "full_refresh: hourly\nname: ", "full_refresh:", "'daily', 'weekly'"),
    "hour 25": ("0 3 * * *", "0 25 * * *", "schedule:", 'write five fields such as "0 3 * * *", or null'),
    "six cron fields": ("0 3 * * *", "0 0 3 * * *", "schedule:", "write five fields"),
    "cron nickname": ("0 3 * * *", "@daily", "schedule:", "write five fields"),
    "random cron": ("0 3 * * *", "R 3 * * *", "schedule:", "write five fields"),
    "cron of a day that never comes": ("0 3 * * *", "0 3 30 2 *", "schedule:", "'0 3 30 2 *'"),
    "unknown timezone": ("Europe/Copenhagen", "Copenhagen", "timezone:", "write one such as Europe/Copenhagen"),
    "unknown vendor": ("vendor: economic", "vendor: sap", "vendor:", "write one of: economic"),
    "unknown entity": ("name: ", "entities: [acounts]\nname: ", "entities:", "known: self, accounts, entries"),
    "unknown exclusion": ("name: ", "exclude: [acounts]\nname: ", "exclude:", "known: self, accounts, entries"),
    "bad mail address": (
        "name: ", "alerts: {to: [finance at example]}\nname: ", "alerts.to:", "'finance at example' is not a mail",
    ),
    "capital in the id": ("id: nordlys", "id: Nordlys", "id:", "use a small letter, then up to 39 of"),
    "long id": ("id: nordlys", f"id: {'n' * 41}", "id:", "up to 39"),
    "number as id": ("id: nordlys", "id: 1", "id:", "'1' is not an id; use a small letter"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_names_file_key_and_remedy(tmp_path: Path, mistake: str) -> None:
    instead_of, this, key, remedy = MISTAKES[mistake]
    said = the_problem(tmp_path, GOOD.replace(instead_of, this, 1))
    assert len(said.splitlines()) == 1
    assert f"broken.yaml: {key}" in said
    assert remedy in said


@pytest.mark.parametrize(
    ("instead_of", "this", "key", "value"),
    [
        ("name: ", "company: 12345678\nname: ", "company", "12345678"),
        ("name: ", "company: 01234567\nname: ", "company", "01234567"),
        ("name: Nordlys ApS", "name: 007", "name", "007"),
        ("2024-01-01", "'2024-01-01'", "start_date", date(2024, 1, 1)),
        ("name: ", "finish_by: 10:00\nname: ", "finish_by", time(10)),
        ("name: ", "http: {max_tries: '4'}\nname: ", "http", Http(max_tries=4)),
        ("name: ", "guard: {min_rows: 1_000}\nname: ", "guard", Guard(min_rows=1000)),
        ("name: ", "lake: 'true'\nname: ", "lake", True),
        ("name: ", 'lake: "yes"\nname: ', "lake", True),
        ("name: ", "lake: 'Off'\nname: ", "lake", False),
        (
            "name: ",
            'guard: {max_delete_share: "0.5"}\nname: ',
            "guard",
            Guard(max_delete_share=0.5),
        ),
        (
            "name: ",
            "personal_accounts: [2210, 2200-2299]\nname: ",
            "personal_accounts",
            ("2210", "2200-2299"),
        ),
        ("name: ", "personal_accounts: 0221\nname: ", "personal_accounts", ("0221",)),
        ("name: ", "tags: [2024, 007, x]\nname: ", "tags", ("2024", "007", "x")),
        ("name: ", "tags: 2024\nname: ", "tags", ("2024",)),
        ("name: ", "alerts: {to: a@b.dk}\nname: ", "alerts", Alerts(to=("a@b.dk",))),
        ("name: ", "entities: accounts\nname: ", "entities", ("accounts",)),
        ("name: ", "entities: all\nname: ", "entities", "all"),
        ("name: ", "exclude: entries\nname: ", "exclude", ("entries",)),
    ],
)
def test_what_can_only_mean_one_thing_is_taken(
    tmp_path: Path, instead_of: str, this: str, key: str, value: object
) -> None:
    write(tmp_path, nordlys=GOOD.replace(instead_of, this, 1))
    found = load(tmp_path)
    assert found.broken == ()
    assert getattr(found.good[0], key) == value


def test_one_that_takes_over_needs_the_other_to_be_disabled(tmp_path: Path) -> None:
    new = GOOD.replace("id: nordlys", "id: new") + "replaces: nordlys\n"
    write(tmp_path, nordlys=GOOD, new=new)
    found = load(tmp_path)
    assert [one.id for one in found.good] == ["nordlys"]
    [broken] = found.broken
    assert "new.yaml: replaces: 'nordlys' is still enabled; write `enabled: false`" in str(broken)
    write(tmp_path, nordlys=GOOD + "enabled: false\n", new=new)
    assert [one.id for one in load(tmp_path).good] == ["new"]
    assert load(tmp_path).broken == ()


@pytest.mark.parametrize("enabled", ["", "enabled: false\n"])
def test_one_that_takes_over_from_itself_is_told_so(tmp_path: Path, enabled: str) -> None:
    assert the_problem(tmp_path, GOOD + "replaces: nordlys\n" + enabled).endswith(
        "broken.yaml: replaces: 'nordlys' is this agreement itself; write the id of the one that held the same books "
        "before, or take the line away"
    )


@pytest.mark.parametrize("name", ["a.YAML", "a.YML", "a.Yaml"])
def test_endings_are_read_however_they_are_written(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(GOOD)
    assert [one.id for one in load(tmp_path).good] == ["nordlys"]


@pytest.mark.parametrize("name", ["nordlys.yaml.txt", "nordlys.YML.TXT"])
def test_a_hidden_ending_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(GOOD)
    [broken] = load(tmp_path).broken
    assert "; rename it to end in .yaml" in str(broken)
    assert str(broken).startswith(f"{tmp_path / name}: ends in ")


def test_every_problem_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    said = the_problem(tmp_path, GOOD.replace("economic_nordlys", "''") + "lake: 1\ntgas: []\n")
    assert [line.split(": ")[1] for line in said.splitlines()] == ["connection", "lake", "tgas"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param("", "is empty; write an agreement as in docs/", id="empty"),
        pytest.param("# nothing yet\n", "is empty", id="comment"),
        pytest.param("- nordlys\n", "starting with `id:`", id="list"),
        pytest.param("nordlys\n", "starting with `id:`", id="word"),
        pytest.param(GOOD + "tags: [a,\n", "line 9", id="open-bracket"),
        pytest.param(GOOD.replace('"0', "*"), "line 5", id="bare-star"),
        pytest.param(b"\xff\xfe" + GOOD.encode("utf-16-le"), "'utf-8' codec", id="utf-16"),
        pytest.param(GOOD + "---\n" + GOOD, "line 8", id="two-documents"),
    ],
)
def test_broken_yaml_names_file_and_place(tmp_path: Path, content: str | bytes, words: str) -> None:
    assert words in the_problem(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(GOOD.replace("2024-01-01", "2024-13-01"), "month", id="month-13"),
        pytest.param(GOOD.replace("2024-01-01", "2024-02-30"), "day", id="february-30"),
        pytest.param(GOOD.replace("Nordlys ApS", "{{ name }}"), "line 2", id="forgotten-template"),
        pytest.param(GOOD + "? [a, b]\n: 1\n", "line 8", id="list-as-key"),
        pytest.param(GOOD + "company: !!int DK1\n", "DK1", id="tag-that-does-not-fit"),
    ],
)
def test_yaml_whose_values_cannot_be_made_harms_no_other_file(
    tmp_path: Path, content: str, words: str
) -> None:
    assert words in the_problem(tmp_path, content)


def test_a_key_written_twice_is_named_with_its_line(tmp_path: Path) -> None:
    said = the_problem(tmp_path, GOOD + "connection: economic_other\n")
    assert "'connection' is written twice" in said
    assert "line 8" in said


def test_a_key_written_twice_in_a_section_is_an_error_too(tmp_path: Path) -> None:
    said = the_problem(tmp_path, GOOD + "http: {max_tries: 3, max_tries: 9}\n")
    assert "'max_tries' is written twice" in said


def test_an_unknown_key_of_a_section_is_told_that_sections_keys(tmp_path: Path) -> None:
    said = the_problem(tmp_path, GOOD + "alerts: {after_failure: 3}\n")
    assert "alerts.after_failure: unknown key" in said
    assert "remind_after_hours" in said


@pytest.mark.parametrize("wrong", ["acounts", "[accounts, 3]", "[accounts, no]", "{accounts: 1}"])
def test_entities_of_a_wrong_type_are_named_without_jargon(tmp_path: Path, wrong: str) -> None:
    said = the_problem(tmp_path, GOOD + f"entities: {wrong}\n")
    assert "broken.yaml: entities" in said
    assert "tuple" not in said


@pytest.mark.parametrize("share", ["yes", "'yes'", "'0.5 or so'"])
def test_a_share_that_is_no_number_is_an_error(tmp_path: Path, share: str) -> None:
    """`yes` would be 1: the guard against mass deletion switched off."""
    said = the_problem(tmp_path, GOOD + f"guard: {{max_delete_share: {share}}}\n")
    assert "guard.max_delete_share:" in said


# --- one id in two files -------------------------------------------------------------------------


@pytest.mark.parametrize("other", ["copy", "zcopy"])
def test_of_two_files_with_one_id_the_one_named_after_it_is_right(
    tmp_path: Path, other: str
) -> None:
    copy = GOOD.replace("Nordlys ApS", "Copy")
    write(tmp_path, **{"nordlys": GOOD, other: copy, "neighbour": NEIGHBOUR})
    found = load(tmp_path)
    assert [(a.id, a.name) for a in found.good] == [
        ("neighbour", "Nordlys ApS"),
        ("nordlys", "Nordlys ApS"),
    ]
    (broken,) = found.broken
    assert str(broken) == (
        f"{tmp_path / other}.yaml: id: 'nordlys' is taken by nordlys.yaml; give this agreement an id "
        "of its own"
    )


def test_of_two_files_not_named_after_their_id_one_is_kept(tmp_path: Path) -> None:
    write(tmp_path, one=GOOD, two=GOOD)
    found = load(tmp_path)
    assert [a.id for a in found.good] == ["nordlys"]
    assert [b.path.name for b in found.broken] == ["two.yaml"]


def test_a_disabled_file_still_owns_its_id(tmp_path: Path) -> None:
    write(tmp_path, nordlys=GOOD + "enabled: false\n", copy=GOOD)
    found = load(tmp_path)
    assert found.good == ()
    assert [b.path.name for b in found.broken] == ["copy.yaml"]


def test_an_id_is_unique_over_folders(tmp_path: Path) -> None:
    folders = [tmp_path / "own", tmp_path / "sandbox"]
    for folder in folders:
        folder.mkdir()
    write(folders[0], mine=GOOD)
    write(folders[1], nordlys=GOOD)
    found = load_agreements(vendors=VENDORS, directories=folders)
    assert len(found.good) == 1
    assert [b.path for b in found.broken] == [folders[0] / "mine.yaml"]


# --- only= ---------------------------------------------------------------------------------------


def test_only_reads_just_the_file_named_after_the_id(tmp_path: Path) -> None:
    write(tmp_path, nordlys=GOOD, broken="id: [")
    assert len(load(tmp_path).broken) == 1
    found = load(tmp_path, only="nordlys")
    assert [a.id for a in found.good] == ["nordlys"]
    assert found.broken == ()  # the other file was not read


def test_only_finds_an_agreement_in_a_file_of_another_name(tmp_path: Path) -> None:
    write(tmp_path, somewhere=GOOD, neighbour=NEIGHBOUR)
    assert "nordlys" in [a.id for a in load(tmp_path, only="nordlys").good]


def test_only_is_not_deceived_by_a_file_that_holds_another_id(tmp_path: Path) -> None:
    write(tmp_path, nordlys=NEIGHBOUR, other=GOOD)
    found = {a.id: a.connection for a in load(tmp_path, only="nordlys").good}
    assert found["nordlys"] == "economic_nordlys"


# --- folders -------------------------------------------------------------------------------------

SANDBOX = PROJECT / "include" / "sandbox" / "agreements"


def test_the_sandboxs_files_are_read_in_addition_unless_switched_off() -> None:
    own = PROJECT / "include" / "agreements"
    assert agreement_dirs({}) == (own, SANDBOX)
    assert agreement_dirs({"SALDO_SANDBOX": "1"}) == (own, SANDBOX)
    assert agreement_dirs({"SALDO_SANDBOX": "0"}) == (own,)


def test_the_folder_of_agreements_can_be_chosen(tmp_path: Path) -> None:
    chosen = {"SALDO_AGREEMENTS_DIR": str(tmp_path)}
    assert agreement_dirs(chosen) == (tmp_path, SANDBOX)
    assert agreement_dirs({**chosen, "SALDO_SANDBOX": "0"}) == (tmp_path,)
    assert agreement_dirs({"SALDO_AGREEMENTS_DIR": "books"})[0] == PROJECT / "books"


def test_a_folder_that_is_not_there_holds_no_agreements(tmp_path: Path) -> None:
    assert load(tmp_path / "none") == Agreements((), ())


def test_the_shipped_files_are_right() -> None:
    found = load_agreements(vendors=entity_names(), directories=agreement_dirs({}))
    assert [str(b) for b in found.broken] == []
    assert {"nordlys", "oresund", "vestkyst"} <= {a.id for a in found.good}


def test_the_example_is_right_and_switched_off(tmp_path: Path) -> None:
    example = (PROJECT / "include" / "agreements" / "example.yaml").read_text()
    write(tmp_path, example=example)
    assert load(tmp_path) == Agreements((), ())
    write(tmp_path, example=example.replace("enabled: false", "enabled: true"))
    assert [a.id for a in load(tmp_path).good] == ["example"]


def test_a_copy_does_not_become_the_agreement_while_its_file_is_broken(tmp_path: Path) -> None:
    write(tmp_path, nordlys=GOOD + "colour: red\n", copy=GOOD)
    found = load(tmp_path)
    assert found.good == ()
    assert "nordlys.yaml, which is broken itself" in str(found.broken[0])
