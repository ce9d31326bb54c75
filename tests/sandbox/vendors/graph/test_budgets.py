"""The budgets that people of the sandbox write, in every style: the reader finds in each what its truth says."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from saldo.files.configuration import FileConfiguration
from saldo.files.layouts import layout_of
from saldo.files.loading import load_file_configurations
from saldo.workbooks import Rejected, read, to_ledger
from sandbox.books import registers
from sandbox.books.chart import CHART, REVENUE
from sandbox.books.company import COMPANIES, NORWEGIAN, Company
from sandbox.vendors.graph.charts import mapping
from sandbox.vendors.graph.library import Library
from sandbox.vendors.graph.papers import budget, styled
from sandbox.vendors.graph.people import BUDGET, DAYS, STYLES, begin, live
from sandbox.vendors.graph.styles import STYLES as WAYS
from tests.graph.site import FOLDER, Played
from tests.support import Sandbox
from tests.workbooks.resolving import resolve

NORDLYS, LOFOTEN = COMPANIES[0], NORWEGIAN[3]
BOTH = (NORDLYS, LOFOTEN)
_NUMBERS = {one.name: str(one.number) for one in registers.departments(0)}
_IDS = {one.name: one.id for one in BOTH}


def configuration(says: dict[str, Any], company: str) -> FileConfiguration:
    whose = {} if "agreement_column" in says else {"agreement": company}
    place = {"folder": "file:///srv/drop"}
    return FileConfiguration.model_validate({"id": "x", "source": place, **whose, **says})


def facts(path: Path, says: dict[str, Any], company: str) -> list[tuple[str, ...]]:
    """What a file comes to by the documented rules."""
    layout = layout_of(configuration(says, company))
    with read(path, layout) as book:
        return sorted(
            (
                row.scenario, _IDS.get(row.company, row.company) or company, row.account,
                _NUMBERS.get(row.department, row.department), f"{row.period[0]}-{row.period[1]:02}-01",
                f"{to_ledger(row.amount, layout.sign, is_credit=int(row.account) in REVENUE):.2f}",
            )
            for row in book.rows()
        )  # fmt: skip


def written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("style", [way.name for way in WAYS])
def test_every_style_reads_as_its_truth(tmp_path: Path, style: str) -> None:
    for company in BOTH:
        (path, paper), *_ = [one for one in styled(company) if one[0].startswith(f"{style}/")]
        file = written(tmp_path, path.partition("/")[2], paper)
        assert paper.facts
        assert facts(file, dict(paper.says), company.id) == sorted(paper.facts)


def test_no_two_styles_write_the_same_scenario() -> None:
    for company in BOTH:
        seen: set[tuple[str, str]] = set()
        for _, paper in styled(company):
            own = {(fact[0], fact[1]) for fact in paper.facts or ()}
            assert own
            assert not own & seen
            assert "budget" not in {scenario for scenario, _ in own}
            seen |= own


def test_amounts_are_exact_and_near_the_actual_ones() -> None:
    for company in BOTH:
        for _, paper in styled(company):
            assert all(Decimal(fact[5]).as_tuple().exponent == -2 for fact in paper.facts or ())
        held = budget(company, 0).facts or ()
        income = -sum(Decimal(fact[5]) for fact in held if int(fact[2]) in REVENUE)
        assert company.entries * 12 * 20 < income < company.entries * 12 * 34


def test_what_is_budgeted_exists_in_the_books() -> None:
    accounts = {str(one.number) for one in CHART if one.type == "profitAndLoss"}
    departments = {str(one.number) for one in registers.departments(0)}
    for company in BOTH:
        for _, paper in styled(company):
            for fact in paper.facts or ():
                assert fact[2] in accounts
                assert fact[3] in departments
    bare = budget(COMPANIES[1], 0).facts or ()
    assert {fact[3] for fact in bare} == {""}  # a company without departments


# --- the group's chart ---------------------------------------------------------------------------


@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.parametrize("company", BOTH, ids=lambda company: company.id)
def test_the_groups_chart_reads_as_its_truth(
    tmp_path: Path, company: Company, version: int
) -> None:
    paper = mapping(company, version)
    file = written(tmp_path, "Koncernkontoplan.xlsx", paper)
    with read(file, layout_of(configuration(dict(paper.says), company.id))) as book:
        rules = list(book.mappings())
    found = {account: resolve(account, company.id, rules) for account in paper.places}
    assert paper.places == {
        account: rule and (rule.group_account, rule.group_name, rule.report_line)
        for account, rule in found.items()
    }
    assert {account for account, place in paper.places.items() if place is None} == {"3620", "3680"}


def test_one_account_moves() -> None:
    before, after = mapping(NORDLYS, 0).places, mapping(NORDLYS, 1).places
    assert [account for account in before if before[account] != after[account]] == ["1020"]


# --- days ----------------------------------------------------------------------------------------


def told(site: Played) -> dict[str, dict[str, Any]]:
    """The truth's files, by path."""
    url = f"{site.company.sandbox.url}/sandbox/companies/{site.company.id}/truth/budgets"
    found = requests.get(url, timeout=20).json()
    return {f"{one['folder']}/{one['name']}": one for one in found["files"]}


def in_force(site: Played) -> Any:
    return told(site)[BUDGET]["facts"]


def test_what_people_write_is_in_force_until_it_is_wrong(sandbox: Sandbox, tmp_path: Path) -> None:
    """A whole round: nights that read what is there end in the truth of each day."""
    site = Played.of(sandbox)
    wrong, before = [], None
    for day in range(DAYS + 1):
        file = written(tmp_path, "Budget 2026.xlsx", site.download(BUDGET))
        about = told(site)[BUDGET]
        if about["is_readable"]:
            before = facts(file, about["configuration"], site.company.id)
        else:
            with pytest.raises(
                Rejected, match=r"cell E2: found “ca\. 50\.000”; expected an amount"
            ):
                facts(file, about["configuration"], site.company.id)
            wrong.append(day)
        assert before == sorted(map(tuple, about["facts"]))
        site.company.next_day()
    assert wrong == [6]


def groups(site: Played) -> dict[str, Any]:
    url = f"{site.company.sandbox.url}/sandbox/companies/{site.company.id}/truth/budgets"
    found: dict[str, Any] = requests.get(url, timeout=20).json()["mapping"]
    return {account: place and place[0] for account, place in found.items()}


def test_days_change_what_is_in_force(sandbox: Sandbox) -> None:
    site = Played.of(sandbox)
    at_first, groups_at_first = in_force(site), groups(site)
    site.company.next_day()
    edited = in_force(site)
    site.company.next_day(2)
    # An account moves, and one that is new has no place.
    assert groups(site) == {**groups_at_first, "1020": "R900", "3690": None}
    assert [fact[:5] for fact in edited] == [fact[:5] for fact in at_first]
    assert edited != at_first


def test_folders_of_styles_where_they_are_wanted(sandbox: Sandbox) -> None:
    wanted = told(Played.of(sandbox, budget_styles=True))
    assert {path.split("/")[2] for path in wanted if path.startswith(STYLES)} == {
        way.name for way in WAYS
    }
    assert not [path for path in told(Played.of(sandbox)) if path.startswith(STYLES)]


def test_the_same_company_writes_the_same_bytes() -> None:
    def lived() -> list[bytes]:
        library = Library("d", "Documents", "Documents")
        begin(library, NORDLYS, with_styles=True)
        for day in range(1, 20):
            live(library, NORDLYS, day)
        return [bytes(node.content) for node in library.files()]

    first = lived()
    budget.cache_clear()
    mapping.cache_clear()
    assert lived() == first


def test_the_configurations_of_the_sandbox_read_both_vendors(tmp_path: Path) -> None:
    found = {one.id: one for one in load_file_configurations().good}
    for company in BOTH:
        for kind, folder in (("budget", FOLDER), ("mapping", "Kontoplan")):
            one = found[f"{kind}_{company.id}"]
            place = one.source.sharepoint
            assert place
            assert (place.site, place.folder) == (
                f"fjordgruppen.sharepoint.com:/sites/{company.id}",
                folder,
            )
            paper = budget(company, 0) if kind == "budget" else mapping(company, 0)
            with read(written(tmp_path, "Budget 2026.xlsx", paper), layout_of(one)) as book:
                assert list(book.rows() if kind == "budget" else book.mappings())
