"""The reader of YAML files with a model of its own: what files and exports get by naming a model."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from pydantic import Field, ValidationError, model_validator

from saldo.agreements.agreement import Agreement
from saldo.exports.configuration import MODELS
from saldo.exports.layouts import Layout
from saldo.files.configuration import FileConfiguration
from saldo.paths import PROJECT, folders_of
from saldo.readers.reader import Reader
from saldo.yaml_files import (
    BrokenFile,
    Id,
    Loaded,
    Names,
    Section,
    YamlFiles,
    section_in,
    sentences,
)
from saldo.yaml_values import meant


class Place(Section):
    connection: str
    library: str = "Documents"


class Source(Section):
    sharepoint: Place | None = None
    folder: str | None = None


class Budget(Section):
    id: Id
    kind: Literal["budget", "expenses"]
    source: Source
    match: str = "*.xlsx"
    owner_mail: Names = ()
    amounts_in: int = Field(default=1, description="1 or 1000")
    enabled: bool = True

    @model_validator(mode="after")
    def _pays(self) -> Budget:
        if self.kind == "expenses" and self.match == "*.xlsx":
            raise ValueError('match: must be "*.csv" for expenses; correct it')
        return self


class Export(Section):
    """Named after its organisation; it cannot be switched off."""

    organisation: Id
    target: str


GOOD = """\
id: budget_nordlys
kind: budget
source: {folder: "file:///srv/drop/budgets"}
"""


def budgets(*folders: Path, **more: Any) -> YamlFiles[Budget]:
    return YamlFiles(
        Budget, what="file configuration", guide="docs/files.md", directories=folders, **more
    )


def write(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text)


def told(text: str, **more: Any) -> str:
    found = budgets(**more).parse(text, path=Path("b.yaml"))
    assert isinstance(found, BrokenFile)
    return str(found)


def test_a_model_is_all_it_takes(tmp_path: Path) -> None:
    write(tmp_path, budget_nordlys=GOOD + "owner_mail: [a@example.com]\n", broken="id: [")
    found = budgets(tmp_path).load()
    (budget,) = found.good
    assert (budget.source.folder, budget.owner_mail) == (
        "file:///srv/drop/budgets",
        ("a@example.com",),
    )
    assert [file.path.name for file in found.broken] == ["broken.yaml"]
    assert budgets(tmp_path / "none").load() == Loaded((), ())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "b.yaml: is empty; write a file configuration as in docs/files.md"),
        ("- a", "b.yaml: must hold `key: value` lines, starting with `id:`"),
        (GOOD + "id: twice\n", "'id' is written twice"),
        (GOOD + "mach: x\n", "b.yaml: mach: unknown key; remove it or correct its spelling (known: id, kind, source"),
        (
            GOOD.replace("{folder:", "{folders:"),
            "b.yaml: source.folders: unknown key; remove it or correct its spelling (known: sharepoint, folder)",
        ),
        (
            GOOD.replace('{folder: "file:///srv/drop/budgets"}', "{sharepoint: {connection: x, site: y}}"),
            "source.sharepoint.site: unknown key; remove it or correct its spelling (known: connection, library)",
        ),
        (GOOD.replace("kind: budget\n", ""), "b.yaml: kind: is missing; add it"),
        (
            GOOD + "match: 1.5\n",
            "b.yaml: match: YAML reads this as 1.5, not as a text; write it in quotes",
        ),
        (GOOD + "amounts_in: many\n", "b.yaml: amounts_in: must be 1 or 1000, not 'many'; correct it"),
        (GOOD.replace("budget_nordlys", "Budget"), "b.yaml: id: 'Budget' is not an id; use a small letter"),
        (
            GOOD.replace("kind: budget", "kind: expenses"),
            'b.yaml: match: must be "*.csv" for expenses; correct it',
        ),
    ],
)  # fmt: skip
def test_a_mistake_names_file_key_and_remedy(text: str, said: str) -> None:
    assert said in told(text)


#: What can be written behind a tag, or without one, that is no such value, or makes Python raise errors of its own.
ODD = (
    "", '""', "maybe", "'-'", "'_'", "':'", "'1:'", "0x", "1:" * 300 + "1.0", "'" + "1" * 5000 + "'", "2024-13-01",
    "[1]", "{a: 1}", "{=: [1]}", "[{a: 1, b: 2}]", "[" * 1500 + "]" * 1500,
)  # fmt: skip
TAGS = ("", "bool", "int", "float", "null", "timestamp", "binary", "str", "seq", "map", "set", "omap", "pairs", "merge",
        "value", "python/none", "nothing")  # fmt: skip


@pytest.mark.parametrize("tag", TAGS)
def test_no_tag_and_no_depth_takes_other_files_with_it(tmp_path: Path, tag: str) -> None:
    """In place of a value, of a key, and of the whole file."""
    written = [f"!!{tag} {one}" if tag else one for one in ODD]
    texts = [
        f"{GOOD}{key}{one}{rest}"
        for one in written
        for key, rest in (("match: ", "\n"), ("", ": x\n"))
    ]
    for number, text in enumerate([*texts, *written]):
        write(tmp_path, **{f"odd_{number}": text})
    write(tmp_path, budget_nordlys=GOOD)
    found = budgets(tmp_path).load()
    assert found.good[0].id == "budget_nordlys"
    assert len(found.broken) > 20
    assert len(found.good) + len(found.broken) == 3 * len(ODD) + 1
    assert all(budgets(tmp_path).claims().values())


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("!!bool maybe", "'maybe' is no truth (true or false); correct it, or write it in quotes and without a tag"),
        ('!!int ""', "'' is no whole number; correct it"),
        ('!!float ""', "'' is no number; correct it"),
        ("!!float " + "1:" * 300 + "1.0", "is no number; correct it"),
        ("2024-13-01", "'2024-13-01' is no date (month must be in 1..12); correct it"),
        ("!!timestamp soon", "'soon' is no date; correct it"),
        ("!!map x", "'x' is no table (key: value); correct it"),
        ("[" * 1500 + "]" * 1500, "too deep to be read; write it as in docs/files.md"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_made_is_named_with_its_line(value: str, said: str) -> None:
    found = told(GOOD + f"match: {value}\n")
    assert said in found
    assert "line 4" in found or "docs/files.md" in found


def test_what_only_the_whole_shows_is_checked_too() -> None:
    def check(budget: Budget) -> list[str]:
        return [f"owner_mail: {mail} is nobody's" for mail in budget.owner_mail]

    assert told(GOOD + "owner_mail: [a, b]\n", check=check).splitlines() == [
        "b.yaml: owner_mail: a is nobody's",
        "b.yaml: owner_mail: b is nobody's",
    ]


def test_of_two_files_with_one_name_the_one_named_after_it_is_right(tmp_path: Path) -> None:
    text = "organisation: hlf\ntarget: xledger\n"
    exports = YamlFiles(
        Export,
        what="export configuration",
        guide="docs/exports.md",
        directories=(tmp_path,),
        key="organisation",
    )
    write(tmp_path, hlf=text, copy=text)
    found = exports.load()
    assert found.good == (Export(organisation="hlf", target="xledger"),)
    assert [str(file) for file in found.broken] == [
        f"{tmp_path}/copy.yaml: organisation: 'hlf' is taken by hlf.yaml; give this export configuration "
        "an organisation of its own"
    ]
    write(tmp_path, hlf=text + "colour: red\n")
    found = exports.load()
    assert found.good == ()
    assert "organisation: 'hlf' belongs to hlf.yaml, which is broken itself" in str(found.broken[0])
    assert {id: [path.name for path in paths] for id, paths in exports.claims().items()} == {
        "copy": ["copy.yaml"],
        "hlf": ["copy.yaml", "hlf.yaml"],
    }


def test_one_is_read_alone_and_a_disabled_one_only_on_demand(tmp_path: Path) -> None:
    write(tmp_path, budget_nordlys=GOOD + "enabled: false\n", broken="id: [")
    files = budgets(tmp_path)
    assert files.load(only="budget_nordlys") == Loaded((), ())
    (one,) = files.load(only="budget_nordlys", with_disabled=True).good
    assert one.id == "budget_nordlys"
    assert (len(files.load().good), len(files.load(with_disabled=True).good)) == (0, 1)


def fields_of(model: type[Section]) -> Iterator[tuple[type[Section], str]]:
    """Every field of a model and of its sections, at any depth."""
    for name, field in model.model_fields.items():
        inner = section_in(field.annotation)
        yield from fields_of(inner) if inner else [(model, name)]


KINDS: list[type[Section]] = [Agreement, Reader, FileConfiguration, Layout, *MODELS.values()]
#: Type of a field -> what people write, each in quotes or without.
WRITTEN: dict[Any, tuple[Any, ...]] = {
    str: (7, "7"), int: (7, "7"), float: (0.5, "0.5", "1"), bool: (True, "yes", "True"), date: ("2026-01-31",),
    Decimal: (7, "7"),
}  # fmt: skip


@pytest.mark.parametrize(
    "model", KINDS, ids=lambda model: model.__name__
)  # fmt: skip
def test_no_kind_of_file_refuses_what_can_only_mean_one_thing(model: type[Section]) -> None:
    """Of whatever type a field is, alone, in a list, or in a table."""
    tried = 0
    for section, name in fields_of(model):
        for values in _written(section.model_fields[name].annotation):
            tried += 1
            refused = [one for one in _types_refused(section, name, values) if "_type" in one]
            assert not refused, (name, values, refused)
    assert tried > 5


def _types_refused(section: type[Section], name: str, value: Any) -> list[str]:
    """What pydantic calls what is wrong with a field; that others are missing is nothing of it."""
    try:
        section.model_validate({name: value})
    except ValidationError as error:
        return [problem["type"] for problem in error.errors() if problem["loc"][:1] == (name,)]
    return []


def _written(annotation: Any) -> Iterator[Any]:
    """Values that a field of this type takes, or refuses for what they say."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _written(inner[0])
    elif origin is tuple:
        for one in _written(inner[0]):
            yield from ([one], one)
    elif origin is dict:
        yield from ({key: value} for key in _written(inner[0]) for value in _written(inner[1]))
    elif origin in (Union, UnionType):
        for one in inner:
            yield from _written(one)
    elif origin is Literal:
        yield from (str(one) for one in inner)
    else:
        yield from WRITTEN.get(annotation, ())


def tables_of(model: type[Section], above: str = "") -> Iterator[tuple[str, type[Section], str]]:
    """Every section and every table of a model, at any depth: its place, what holds it, and its name there."""
    for name, field in model.model_fields.items():
        inner = section_in(field.annotation)
        if inner or "dict[" in str(field.annotation):
            yield f"{above}{name}", model, name
        if inner:
            yield from tables_of(inner, f"{above}{name}.")


@pytest.mark.parametrize(
    ("model", "place", "holder", "name"),
    [
        pytest.param(model, *table, id=f"{model.__name__}-{table[0]}")
        for model in KINDS
        for table in tables_of(model)
    ],
)
def test_a_word_in_place_of_a_table_is_told_what_to_write(
    model: type[Section], place: str, holder: type[Section], name: str
) -> None:
    """In the words of the file, not in those of Python or pydantic: of all kinds of files, at any depth."""
    field = holder.model_fields[name]
    may_be_nothing = type(None) in get_args(field.annotation)
    for value in ["anna@example.com", ["a"], 5, *([] if may_be_nothing else [None])]:
        with pytest.raises(ValidationError) as refused:
            holder.model_validate({name: value})
        said = [one for one in sentences(holder, refused.value) if one.startswith(name)]
        assert said, place
        if field.description:
            continue  # its own words
        assert not [one for one in said if "Input" in one or holder.__name__ in one], said
        assert any("; write below it, indented, " in one or "must be a list" in one for one in said)
        if field.is_required():
            assert not [
                one for one in said if one.startswith(f"{name}: ") and "leave it out" in one
            ]


def test_a_choice_of_numbers_is_taken_in_quotes_and_a_truth_is_no_number() -> None:
    amounts = FileConfiguration.model_fields["amounts_in"].annotation
    assert [meant(value, amounts) for value in ("1000", 1000, True, "2")] == [1000, 1000, True, "2"]
    assert meant({1: [2, "no"], 3: True}, dict[str, tuple[str, ...]]) == {
        "1": ["2", "no"],
        "3": [True],
    }


def test_a_text_with_a_comma_is_no_list_of_one() -> None:
    names: Any = Names
    assert meant("a", names) == ["a"]
    assert meant("a, b", names) == "a, b"
    assert meant(["a, b"], names) == ["a, b"]
    given = {"id": "b", "kind": "budget", "source": {"folder": "x"}, "owner_mail": "a@x.dk, b@x.dk"}
    with pytest.raises(ValidationError) as refused:
        Budget.model_validate(given)
    assert sentences(Budget, refused.value) == (
        "owner_mail: must be a list such as [a, b], not 'a@x.dk, b@x.dk'; correct it",
    )


def test_each_kind_has_its_folders(tmp_path: Path) -> None:
    sandbox = PROJECT / "include" / "sandbox" / "files"
    assert folders_of("files", {}) == (PROJECT / "include" / "files", sandbox)
    assert folders_of("files", {"SALDO_FILES_DIR": str(tmp_path), "SALDO_SANDBOX": "0"}) == (
        tmp_path,
    )
