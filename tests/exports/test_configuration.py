"""Files of exports: what they may say, and what is said of those that cannot be used."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from saldo.exports.choice import Filters
from saldo.exports.configuration import XlsxExport
from saldo.exports.loading import export_dirs, load_export_configurations
from saldo.exports.wanted import wanted_by, wanted_of
from tests.support import PROJECT

_FILE = """name: {name}
target: xlsx
agreement: shop
"""


def one(folder: Path, more: str = "", name: str = "one", **replaced: str) -> XlsxExport:
    text = _FILE.format(name=name)
    for old, new in replaced.items():
        text = text.replace(old, new)
    (folder / f"{name}.yaml").write_text(text + more)
    [found] = load(folder).good
    assert isinstance(found, XlsxExport)
    return found


def load(folder: Path):  # type: ignore[no-untyped-def]
    return load_export_configurations(
        agreements={"shop"}, layouts={"purchases", "exact"}, directories=[folder]
    )


def test_what_a_file_says_at_least(tmp_path: Path) -> None:
    found = one(tmp_path)
    assert (found.choose, found.layout, found.log, found.schedule) == (
        "new",
        "purchases",
        True,
        None,
    )
    assert (found.dag_id, str(found.key)) == ("saldo_export__one", "export one")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("colour: red\n", "colour: unknown key; remove it or correct its spelling (known: name, target"),
        ("layout: none\n", "layout: 'none' is no layout; write one of: exact, purchases"),
        ("schedule: weekly\n", "schedule: 'weekly' is not a cron expression"),
        ("timezone: Europe/Atlantis\n", "timezone: 'Europe/Atlantis' is no timezone"),
        ("choose: all\n", "choose: "),
        ("states: [gone]\n", "states: 'gone' is no state of a purchase document; write some of: new, saved"),
        ("created_from: 2026-02-01\ncreated_to: 2026-01-01\n", "created_to: 2026-01-01 is before created_from"),
        ("invoice_from: soon\n", "invoice_from: "),
        ('ext: "a/b"\n', "ext: 'a/b' cannot end a file's name"),
        ("owner_mail: [nobody]\n", "owner_mail: 'nobody' is not a mail address"),
        ('ext: ".."\n', "ext: '..' cannot end a file's name ('..' could lead to another folder"),
        ('ext: "銀行"\n', "ext: '銀行' cannot end a file's name"),
        ("log: false\nafter_night: true\n", "log: without it the same documents stay new"),
        ("log: false\nschedule: 0 7 * * 1\nchoose: new_and_mutated\n", "log: without it the same documents stay new"),
        ("enabled: perhaps\n", "enabled: "),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, more: str, said: str) -> None:
    (tmp_path / "good.yaml").write_text(_FILE.format(name="good"))
    (tmp_path / "bad.yaml").write_text(_FILE.format(name="bad") + more)
    found = load(tmp_path)
    assert [one.name for one in found.good] == ["good"], "one broken file harms no other"
    [broken] = found.broken
    assert f"bad.yaml: {said}" in str(broken)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: bad\nagreement: shop\n", "target: is missing; add it, one of: business_central, example_target, xledger, xlsx"),
        ("name: bad\ntarget: csv\n", "target: 'csv' is unknown; write one of: business_central, example_target, xledger, xlsx"),
        ("name: bad\ntarget: [xlsx]\n", "target: ['xlsx'] is unknown; write one of: business_central, example_target, xledger, xlsx"),
        ("name: bad\ntarget: xlsx\n", "agreement: is missing; add it"),
        (
            _FILE.format(name="bad").replace("shop", "shpo"),
            "agreement: 'shpo' is no agreement; write one of: shop",
        ),
        (_FILE.format(name="good"), "name: 'good' is taken by good.yaml; give this export configuration a name of"),
    ],
)  # fmt: skip
def test_the_target_says_what_a_file_may_say(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "good.yaml").write_text(_FILE.format(name="good"))
    (tmp_path / "bad.yaml").write_text(text)
    [broken] = load(tmp_path).broken
    assert f"bad.yaml: {said}" in str(broken)


def test_the_example_is_good_and_switched_off() -> None:
    folder = PROJECT / "include" / "exports"
    found = load_export_configurations(directories=[folder], with_disabled=True)
    assert (found.broken, [one.enabled for one in found.good]) == ((), [False])
    assert export_dirs({"SALDO_SANDBOX": "0"}) == (folder,)


def test_a_form_wins_over_the_file(tmp_path: Path) -> None:
    found = one(tmp_path, "invoice_from: 2026-01-01\nstates: [open]\next: weekly\n")
    plain = wanted_of(found, {})
    assert plain.choice.filters == Filters(
        invoice_from=date(2026, 1, 1), states=("open",), not_exported=True
    )
    assert (plain.layout, plain.extension, plain.is_logged, plain.again) == (
        "purchases", "weekly", True, False,
    )  # fmt: skip
    form = {
        "choose": "all", "invoice_from": None, "created_to": "2026-03-31", "layout": "exact", "again": True, "log": False,
        "ext": None,
    }  # fmt: skip
    chosen = wanted_of(found, form)
    assert chosen.choice.filters == Filters(created_to=date(2026, 3, 31), states=("open",))
    assert (chosen.layout, chosen.extension, chosen.is_logged, chosen.again) == (
        "exact", None, False, True,
    )  # fmt: skip


def test_a_request_says_ids_or_filters() -> None:
    found = wanted_by({"ids": ["1"], "noLog": True, "ext": "x"})
    assert (found.choice.ids, found.is_logged, found.extension) == (("1",), False, "x")
    found = wanted_by(
        {"filters": {"state": ["paid"], "mutated": True, "createdFrom": "2026-01-01"}}
    )
    assert found.choice.ids is None
    assert found.choice.filters == Filters(
        states=("paid",), mutated=True, created_from=date(2026, 1, 1)
    )
