"""powerbi/ is what the catalogue makes; roles of agreements go elsewhere; what the model cannot have is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from saldo.errors import ConfigError
from saldo.powerbi.project import project, write
from saldo.warehouse.catalogue import Column, Table
from stack import powerbi


def on_disk(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_bytes().decode()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".pbi" not in path.parts
    }


def test_the_project_is_not_stale(files: dict[str, str]) -> None:
    assert on_disk(powerbi.PATH) == files, "run: make powerbi"


def test_what_docs_show_of_it_is_not_stale(mart: Mapping[str, Table]) -> None:
    found = powerbi.documents(mart)
    shown = {path: (powerbi.DOCS / path).read_text() for path in found}
    assert shown == found, "run: make powerbi"


def test_writing_removes_what_is_gone_and_leaves_settings_alone(
    files: dict[str, str], tmp_path: Path
) -> None:
    settings = tmp_path / "Saldo.SemanticModel" / ".pbi" / "localSettings.json"
    old = tmp_path / "Saldo.SemanticModel" / "definition" / "tables" / "Old.tmdl"
    for path in (settings, old):
        path.parent.mkdir(parents=True)
        path.write_text("{}")
    write(tmp_path, files)
    assert settings.exists()
    assert on_disk(tmp_path) == files


def test_an_agreement_gets_a_role_and_nothing_else_changes(
    mart: Mapping[str, Table], files: dict[str, str]
) -> None:
    more = project(mart, ["nordlys", "fjord"])
    roles = "Saldo.SemanticModel/definition/roles"
    assert more.keys() - files.keys() == {f"{roles}/nordlys.tmdl", f"{roles}/fjord.tmdl"}
    changed = [path for path, text in files.items() if more[path] != text]
    assert changed == ["Saldo.SemanticModel/definition/model.tmdl"]
    assert "'Agreement'[Agreement ID] = \"fjord\"" in more[f"{roles}/fjord.tmdl"]
    with pytest.raises(ConfigError, match="is no id of an agreement"):
        project(mart, ['a" || TRUE () || "'])


def test_roles_of_agreements_are_not_committed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        powerbi.main(["--agreements", "nordlys"])
    assert "INTO=folder" in capsys.readouterr().err


def test_what_the_model_cannot_have_is_said(mart: Mapping[str, Table]) -> None:
    new = replace(mart["mart.dim_vat"], name="dim_new")
    with pytest.raises(ConfigError, match=r"mart\.dim_new: say in saldo/powerbi/tables\.py"):
        project({**mart, "mart.dim_new": new})
    with pytest.raises(ConfigError, match=r"mart\.fact_budget: no longer in the warehouse"):
        project({name: table for name, table in mart.items() if name != "mart.fact_budget"})
    vat = mart["mart.dim_vat"]
    odd = replace(vat, columns=(*vat.columns, Column("odd", "numeric", False, False, "")))
    with pytest.raises(ConfigError, match=r"mart\.dim_vat\.odd is numeric, which Power BI"):
        project({**mart, "mart.dim_vat": odd})
    fewer = replace(
        mart["mart.dim_product"],
        columns=tuple(c for c in mart["mart.dim_product"].columns if c.name != "description"),
    )
    with pytest.raises(ConfigError, match=r"mart\.dim_product has no description to leave out"):
        project({**mart, "mart.dim_product": fewer})
