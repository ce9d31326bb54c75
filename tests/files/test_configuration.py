"""File configurations: what a file may say, and which sentence each mistake gets."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import pytest
import yaml

from saldo.agreements.loading import load_agreements
from saldo.files.configuration import FileConfiguration
from saldo.files.loading import file_configurations, file_dirs, load_file_configurations
from saldo.files.places.source import is_meant
from saldo.paths import PROJECT
from saldo.subject import SubjectKey
from saldo.vendors import entity_names
from saldo.yaml_files import BrokenFile

SITE = "contoso.sharepoint.com:/sites/Finance"
#: Every key there is.
WHOLE = """
id: budget_nordlys
kind: budget
source:
  sharepoint: {connection: msgraph_default, site: "contoso.sharepoint.com:/sites/Finance", library: Documents, folder: Budgets/2026}
match: "*.xlsx"
agreement: nordlys
sheet: "Budget*"
header: {account: [Konto, Account], department: Afdeling}
amounts_in: 1000
sign: ledger
fiscal_year: 2026
scenario: budget
number_format: "1.234,56"
csv: {encoding: cp1252, separator: ";"}
max_mb: 20
owner_mail: [controller@example.com]
enabled: true
"""


def read(text: str) -> FileConfiguration | BrokenFile:
    return file_configurations(agreements=["nordlys"]).parse(text, path=Path("x.yaml"))


def of(**other: Any) -> FileConfiguration | BrokenFile:
    values = {
        "id": "x", "kind": "budget", "source": {"sharepoint": {"site": SITE}}, "agreement": "nordlys",
        **other,
    }  # fmt: skip
    return read(yaml.safe_dump({k: v for k, v in values.items() if v is not None}))


def test_every_key() -> None:
    found = read(WHOLE)
    assert isinstance(found, FileConfiguration)
    assert (found.header.account, found.header.department) == (("Konto", "Account"), ("Afdeling",))
    assert (found.key, found.max_bytes) == (SubjectKey("file", "budget_nordlys"), 20 << 20)
    assert (found.amounts_in, found.fiscal_year, found.csv.separator) == (1000, "2026", ";")


def test_what_need_not_be_said() -> None:
    found = of()
    assert isinstance(found, FileConfiguration)
    sharepoint = found.source.sharepoint
    assert sharepoint
    assert (sharepoint.connection, sharepoint.library, sharepoint.folder) == (
        "msgraph_default", "Documents", "",
    )  # fmt: skip
    assert (found.match, found.sign, found.amounts_in, found.max_mb) == ("*.xlsx", "natural", 1, 50)


@pytest.mark.parametrize(
    "folder", ["file:///srv/drop/budgets", "abfs://lake@files/budgets", "s3://aws@bucket/drop"]
)
def test_a_folder(folder: str) -> None:
    assert isinstance(of(source={"folder": folder}, match="*.csv"), FileConfiguration)


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ({"id": "9"}, "id: '9' is not an id"),
        ({"kind": "budgets"}, "kind: Input should be 'budget', 'account_mapping'"),
        ({"kind": None}, "kind: is missing; add it"),
        ({"colour": "red"}, "colour: unknown key; remove it or correct its spelling (known: id, kind"),
        ({"source": None}, "source: is missing"),
        ({"source": {}}, "source: must have one of sharepoint and folder"),
        ({"source": {"sharepoint": {"site": SITE}, "folder": "file:///x"}}, "source: must have one of"),
        ({"source": {"sharepoint": {"site": SITE, "libary": "x"}}}, "source.sharepoint.libary: unknown key"),
        ({"source": {"sharepoint": {"site": "Finance"}}}, "source.sharepoint.site: 'Finance' is no site; write host:/path"),
        ({"source": {"sharepoint": {}}}, "source.sharepoint.site: is missing"),
        ({"source": {"sharepoint": {"site": SITE, "folder": "../x"}}}, "source.sharepoint.folder: '../x' leads out"),
        ({"source": {"folder": "/srv/drop"}}, "source.folder: '/srv/drop' is no folder; write file:///"),
        ({"source": {"folder": "file://"}}, "source.folder: 'file://' is no folder"),
        ({"source": {"folder": "https://x.example/a"}}, "source.folder: 'https://x.example/a' is no folder"),
        ({"match": "*.xls"}, "match: '*.xls' matches no file that can be read"),
        ({"match": "2026/*.xlsx"}, "match: '2026/*.xlsx' matches no file that can be read"),
        ({"agreement": None}, "agreement: is missing; add it, or agreement_column"),
        ({"agreement": "nowhere"}, "agreement: 'nowhere' is no agreement; write one of: nordlys"),
        ({"agreement_column": "Company"}, "agreement: stands beside agreement_column"),
        ({"header": {"acount": ["Konto"]}}, "header.acount: unknown key; remove it or correct its spelling (known: account, department"),
        ({"header": {"account": []}}, "header.account: Tuple should have at least 1 item"),
        ({"amounts_in": 100}, "amounts_in: Input should be 1, 1000"),
        ({"sign": "plus"}, "sign: Input should be 'natural' or 'ledger'"),
        ({"fiscal_year": "last"}, "fiscal_year: must be file_name, sheet_name, column, or a year such as 2026, 2025/2026 or 2025-07"),
        ({"fiscal_year": 26}, "fiscal_year: must be file_name"),
        ({"fiscal_year": "2025/2027"}, "fiscal_year: must be file_name"),
        ({"fiscal_year": "2025-13"}, "fiscal_year: must be file_name"),
        ({"scenario": "b", "scenario_column": "c"}, "scenario: stands beside scenario_column"),
        ({"number_format": "1 234,56"}, "number_format: Input should be 'auto'"),
        ({"csv": {"encoding": "ansi"}}, "csv.encoding: 'ansi' is no encoding; write auto, utf-8"),
        ({"csv": {"separator": "::"}}, "csv.separator: '::' is no separator; write auto or one character"),
        ({"max_mb": 0}, "max_mb: Input should be greater than or equal to 1"),
        ({"max_mb": "many"}, "max_mb: Input should be a valid integer"),
        ({"owner_mail": ["nobody"]}, "owner_mail: 'nobody' is not a mail address"),
        ({"enabled": "perhaps"}, "enabled: Input should be a valid boolean"),
    ],
)  # fmt: skip
def test_each_mistake_has_its_sentence(other: dict[str, Any], sentence: str) -> None:
    found = of(**other)
    assert isinstance(found, BrokenFile), found
    assert any(problem.startswith(sentence) for problem in found.problems), found.problems


def test_a_key_in_a_folder_is_not_repeated() -> None:
    found = of(source={"folder": "s3://id:AKIASECRET@bucket/x"})
    assert isinstance(found, BrokenFile)
    assert "holds more than a place" in str(found)
    assert "AKIASECRET" not in str(found)


def test_rates_and_expenses_need_no_agreement() -> None:
    for kind in ("exchange_rates", "expenses"):
        assert isinstance(of(kind=kind, agreement=None, match="*.csv"), FileConfiguration)


def test_a_broken_file_harms_no_other(tmp_path: Path) -> None:
    (tmp_path / "budget_nordlys.yaml").write_text(WHOLE)
    (tmp_path / "copy.yaml").write_text(WHOLE)
    (tmp_path / "broken.yaml").write_text("id: [")
    found = load_file_configurations(directories=[tmp_path])
    assert [one.id for one in found.good] == ["budget_nordlys"]
    told = "\n".join(map(str, found.broken))
    assert "copy.yaml: id: 'budget_nordlys' is taken by budget_nordlys.yaml" in told
    assert "broken.yaml: is no readable YAML" in told


def test_a_task_reads_its_own_file_only(tmp_path: Path) -> None:
    (tmp_path / "budget_nordlys.yaml").write_text(WHOLE)
    (tmp_path / "broken.yaml").write_text("id: [")
    found = load_file_configurations(directories=[tmp_path], only="budget_nordlys")
    assert ([one.id for one in found.good], found.broken) == (["budget_nordlys"], ())


def test_where_they_lie(tmp_path: Path) -> None:
    assert file_dirs({"SALDO_FILES_DIR": str(tmp_path), "SALDO_SANDBOX": "0"}) == (tmp_path,)
    assert file_dirs({}) == (PROJECT / "include/files", PROJECT / "include/sandbox/files")


def test_what_is_shipped_is_right_and_the_example_is_off() -> None:
    agreements = load_agreements(vendors=entity_names(), with_disabled=True).good
    found = load_file_configurations(agreements=[one.id for one in agreements], with_disabled=True)
    assert found.broken == ()
    assert {one.id for one in found.good if not one.enabled} == {"example"}
    assert {"budget_nordlys", "mapping_nordlys"} <= {one.id for one in found.good}


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("Årsbudget 2026.XLSX", True),
        (unicodedata.normalize("NFD", "Årsbudget 2026.xlsx"), True),
        ("~$Årsbudget 2026.xlsx", False),
        ("Arsbudget 2026.xlsx", False),
        ("Årsbudget 2026.xlsx.tmp", False),
    ],
)
def test_which_names_are_meant(name: str, is_one: bool) -> None:
    assert is_meant(name, "Årsbudget*.xlsx") == is_one
