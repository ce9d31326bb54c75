"""The starter report: files as Microsoft's schemas have them, fields that the model has, visuals that can all be seen."""

from __future__ import annotations

import itertools
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from saldo.powerbi.columns import Loaded
from saldo.powerbi.measures import MEASURES
from saldo.powerbi.model import MEASURES_TABLE
from saldo.powerbi.report import HEIGHT, PAGES, WIDTH, Page, report_files
from saldo.powerbi.report.visuals import Box

SCHEMAS = Path(__file__).parent / "schemas"
_HOME = "https://developer.microsoft.com/json-schemas/"


@cache
def registry() -> Registry[Any]:
    found = (
        (
            _HOME + str(path.relative_to(SCHEMAS)),
            Resource.from_contents(json.loads(path.read_text()), default_specification=DRAFT7),
        )
        for path in SCHEMAS.rglob("*.json")
    )
    return Registry().with_resources(found)


def wrong(content: dict[str, Any]) -> list[str]:
    schema = registry().contents(content["$schema"])
    errors = Draft7Validator(schema, registry=registry()).iter_errors(content)
    return [f"{error.json_path}: {error.message}" for error in errors]


def test_every_file_is_as_its_schema_says(files: dict[str, str]) -> None:
    ends = (".json", ".pbip", ".pbir", ".pbism", ".platform")
    found = {
        path: json.loads(text)
        for path, text in files.items()
        if path.endswith(ends) and not path.endswith("diagramLayout.json")
    }
    assert len(found) > 60
    assert {path: faults for path, content in found.items() if (faults := wrong(content))} == {}


def test_a_fault_is_seen(files: dict[str, str]) -> None:
    path, text = next((p, t) for p, t in files.items() if p.endswith("visual.json"))
    content = json.loads(text)
    for change in (
        {"position": {"x": 1}},
        {"colour": "red"},
        {"visual": {"visualType": "card", "query": {"queryState": {"Values": {"projections": [{"field": 1}]}}}}},
        {"visual": {"visualType": "card", "query": {"queryState": {}, "sortDefinition": {"sort": [{"direction": "Up"}]}}}},
    ):  # fmt: skip
        assert wrong({**content, **change}), (path, change)


def test_what_the_report_is_made_of_is_in_the_project(files: dict[str, str]) -> None:
    """A theme by name is a file beside it, and one of the packages: of one that is not there, the report is without."""
    report = json.loads(files["Saldo.Report/definition/report.json"])
    packaged = {
        (
            package["type"],
            item["name"],
        ): f"Saldo.Report/StaticResources/{package['name']}/{item['path']}"
        for package in report.get("resourcePackages", ())
        for item in package["items"]
    }
    named = {(theme["type"], theme["name"]) for theme in report["themeCollection"].values()}
    assert named - packaged.keys() == set()
    assert {*packaged.values()} - files.keys() == set()


def test_charts_of_months_and_ages_go_on_from_left_to_right() -> None:
    """Power BI sorts most charts by their largest value, and the sort of a default it may replace."""
    found = set()
    for path, text in report_files().items():
        visual = json.loads(text).get("visual", {}) if "/visuals/" in path else {}
        if category := visual.get("query", {}).get("queryState", {}).get("Category"):
            field = category["projections"][0]["field"]
            name = field["Column"]["Property"]
            found.add(name)
            ordered = {"sort": [{"field": field, "direction": "Ascending"}], "isDefaultSort": False}
            expected = ordered if name in ("Year and month", "Bucket") else None
            assert visual["query"].get("sortDefinition") == expected, path
    assert found == {"Year and month", "Bucket", "Department", "Agreement"}


def test_there_are_five_pages_in_their_order() -> None:
    files = report_files()
    order = json.loads(files["pages/pages.json"])["pageOrder"]
    titles = [json.loads(files[f"pages/{name}/page.json"])["displayName"] for name in order]
    assert titles == [page.title for page in PAGES]
    assert len(titles) == 5


def test_what_visuals_show_is_in_the_model(model: tuple[Loaded, ...]) -> None:
    known = {(of.table.name, column.name) for of in model for column in of.columns}
    known |= {("Ageing", "Bucket"), *((MEASURES_TABLE, measure.name) for measure in MEASURES)}
    hidden = {(of.table.name, c.name) for of in model for c in of.columns if c.is_hidden}
    shown = {
        (field.table, field.name)
        for page in PAGES
        for visual in page.visuals
        for field in [*visual.fields, *([visual.only[0]] if visual.only else [])]
    }
    assert shown - known == set()
    assert shown & hidden == set()
    assert len(shown) > 30


def test_a_report_opens_with_the_current_fiscal_year_on_every_page(
    model: tuple[Loaded, ...],
) -> None:
    """By a name that the model gives it anew with every refresh: no file knows which year it is."""
    begins = []
    for path, text in report_files().items():
        visual = json.loads(text).get("visual", {}) if "/visuals/" in path else {}
        if (
            general := visual.get("objects", {})
            .get("general", [{}])[0]
            .get("properties", {})
            .get("filter")
        ):
            assert visual["syncGroup"]["groupName"] == "Fiscal year"
            shown = visual["query"]["queryState"]["Values"]["projections"][0]["field"]["Column"]
            (condition,) = general["filter"]["Where"]
            (column,) = condition["Condition"]["In"]["Expressions"]
            assert column["Column"]["Property"] == shown["Property"] == "Fiscal year or current"
            begins += [
                value["Literal"]["Value"] for (value,) in condition["Condition"]["In"]["Values"]
            ]
    assert begins == ["'Current'"] * len(PAGES)
    (date,) = (of for of in model if of.table.name == "Date")
    column = next(one for one in date.columns if one.name == "Fiscal year or current")
    assert '"Current"' in column.dax
    assert column.sorted_by == "fiscal_start"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_page_says_its_currency_and_lets_one_be_chosen(page: Page) -> None:
    """Amounts are empty while agreements of several currencies are chosen: what to do stands first among the numbers."""
    [slicer] = [v for v in page.visuals if v.kind == "slicer" and v.title == "Currency"]
    assert [(field.table, field.name) for field in slicer.fields] == [
        ("Agreement", "Base currency")
    ]
    assert slicer.is_synced
    selection = slicer.json(page.name, 0)["visual"]["objects"]["selection"][0]["properties"]
    assert selection["singleSelect"]["expr"]["Literal"]["Value"] == "true"
    first = next(v for v in page.visuals if v.kind == "card")
    assert [field.name for field in first.fields] == ["Currency"]
    assert first.json(page.name, 0)["visual"]["objects"]["wordWrap"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_visuals_stay_on_their_page_and_cover_none_another(page: Page) -> None:
    for visual in page.visuals:
        box = visual.box
        assert box.x >= 0, visual.name
        assert box.y >= 0, visual.name
        assert box.x + box.width <= WIDTH, visual.name
        assert box.y + box.height <= HEIGHT, visual.name
        assert min(box.width, box.height) >= 60, visual.name
    covered = [
        (one.name, other.name)
        for one, other in itertools.combinations(page.visuals, 2)
        if one.box.overlaps(other.box)
    ]
    assert covered == []
    names = [visual.name for visual in page.visuals]
    assert len(names) == len(set(names))


def test_an_overlap_is_seen() -> None:
    assert Box(0, 0, 10, 10).overlaps(Box(9, 9, 5, 5))
    assert not Box(0, 0, 10, 10).overlaps(Box(10, 0, 5, 5))


def test_the_files_say_what_a_screen_reader_reads_and_the_keyboards_order() -> None:
    visuals = [
        json.loads(text) for path, text in report_files().items() if path.endswith("visual.json")
    ]
    for content in visuals:
        visual = content["visual"]
        if visual["visualType"] != "textbox":
            general = visual["visualContainerObjects"]["general"][0]["properties"]
            assert len(general["altText"]["expr"]["Literal"]["Value"]) > 4
    assert {v["position"]["tabOrder"] for v in visuals} >= {0, 1000, 2000}
