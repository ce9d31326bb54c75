"""The finance officer's way in the browser: find what is stuck, understand it, mend it, see beforehand what it becomes, and see it posted."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from tests.api.test_export_review import Office
from tests.exports.accounting.examples import line

from .exporting import office, stuck
from .looking import assert_good

__all__ = ["office"]


def entries(page: Page, of: str) -> list[str]:
    """The accounts of a document that is shown."""
    page.wait_for_selector(f"#{of}")
    return [
        text.split()[1]
        for text in page.locator(f"section:has(#{of}) tbody th").all_text_contents()
        if text.startswith("account")
    ]


def test_a_line_is_corrected(office: Office, visit: Callable[..., Page]) -> None:
    stuck(office)
    page = visit("/exports")
    # The list says what is wrong; those with the same reason are one row above it.
    assert "lunch" in page.text_content("section:has(#reasons)")
    page.get_by_role("link", name="EXP-2026-0001").click()
    said = page.text_content("section:has(#what)")
    assert "Line 2, category" in said
    assert "a category that has an account" in said
    page.click("text=Correct lines")
    page.select_option("[name=line-2-category]", "travel")
    page.fill("[name=line-2-text]", "Lunch on the train")
    page.click("section:has(#lines) >> button:has-text('Preview')")
    # What was chosen is still there, and nothing was written.
    assert "It would be sent as it is." in page.text_content("section:has(#preview)")
    assert entries(page, "preview") == ["7140", "7140"]
    assert page.input_value("[name=line-2-category]") == "travel"
    assert office.desk.statuses() == ["review"]
    assert_good(page, "export-preview")
    page.fill("section:has(#lines) >> [name=note]", "It was on the way")
    page.click("text=Save as next revision")
    assert "This is the claim's next revision" in page.text_content("#alerts")
    assert page.text_content("h1") == "EXP-2026-0001, revision 2"
    assert "A run waits for its turn." in page.text_content("#now")
    office.work()
    # The page notices by itself.
    page.wait_for_selector("#now >> text=posted", timeout=20_000)
    assert page.text_content("h2#what") == "It is posted in Example."
    assert "ada corrected its lines" not in page.text_content("section:has(#history)")
    assert entries(page, "mapped") == ["7140", "7140"]
    assert page.locator("section:has(#calls) tbody tr").count() > 0
    assert_good(page, "export-posted")
    # The earlier one says who did it, and why.
    page.click("text=Revision 1")
    history = page.text_content("section:has(#history)")
    assert "ada corrected its lines: It was on the way" in " ".join(history.split())
    assert [state for _, state in office.posted()] == ["posted"]


def test_the_mapping_is_written_over_for_one(office: Office, visit: Callable[..., Page]) -> None:
    """Without any script."""
    office.desk.claim(id="E-2")
    office.ask("E-2")
    office.work(blocked=["7140"])
    page = visit("/exports", scripts=False)
    page.get_by_role("link", name="E-2").click()
    assert "7140, which is blocked" in page.text_content("section:has(#what)")
    assert entries(page, "mapped") == ["7140"]
    field = page.get_by_label("Account of category travel")
    assert field.get_attribute("placeholder") == "7140"
    field.fill("7100")
    page.click("section:has(#mapping) >> button:has-text('Preview')")
    assert entries(page, "preview") == ["7100"]
    assert page.get_by_label("Account of category travel").input_value() == "7100"
    page.click("section:has(#mapping) >> button:has-text('Approve and send')")
    assert "It goes on" in page.text_content("#alerts")
    office.work(blocked=["7140"])
    page.reload()
    assert "posted" in page.text_content("#now")
    assert entries(page, "mapped") == ["7100"]
    assert office.desk.job("E-2").override == {"accounts": {"travel": "7100"}}


def test_it_is_booked_by_hand(office: Office, visit: Callable[..., Page]) -> None:
    stuck(office)
    page = visit(f"/exports/{office.desk.job().export_id}")
    page.get_by_label("Number of the voucher in Example").fill("<b>2026-17</b>")
    page.click("section:has(#booked) >> button")
    assert "booked by hand" in page.text_content("#alerts")
    assert page.text_content("h2#what") == "It was booked by hand by ada."
    assert "<b>2026-17</b>" in page.text_content("section:has(#facts)")
    # Nothing is left to mend: its category without an account is nobody's trouble any more.
    assert "cannot be sent" not in page.text_content("main")
    assert "Nothing was sent." in page.text_content("section:has(#mapped)")
    # What was done is told once: the next look, and whom the address is sent to, see what is.
    page.wait_for_url(lambda url: "told=" not in url)
    page.reload()
    assert page.inner_text("#alerts") == ""
    assert page.text_content("h2#what") == "It was booked by hand by ada."


def test_several_with_one_reason_are_mended_at_once(
    office: Office, visit: Callable[..., Page]
) -> None:
    """Four are blocked by one account; one of them is cancelled, somebody else retries one meanwhile, and the others go."""
    ids = [f"E-{at}" for at in range(4)]
    office.desk.claims(*ids)
    office.desk.claim(id="OTHER", lines=[line(category="lunch")])
    for id in (*ids, "OTHER"):
        office.ask(id)
    office.work(blocked=["7140"])
    page = visit("/exports")
    page.get_by_role("link", name="4 exports with this reason").click()
    assert page.locator("tbody input[name=chosen]").count() == 4
    page.get_by_label("Choose E-0").check()
    page.click("text=Cancel, send nothing")
    assert "1 export cancelled." in page.text_content("main")
    assert_good(page, "exports-chosen")
    page.click("text=Back to the list")
    other = visit(f"/exports/{office.desk.job('E-1').export_id}", user="root")
    other.click("section:has(#what) >> button")
    page.get_by_label("Choose all").check()
    assert page.text_content("[data-count=chosen]") == "3"
    page.click("button:has-text('Try again')")
    said = " ".join(page.text_content("main").split())
    assert "2 exports go on, 1 not." in said
    assert "It is pending now, and was not touched: root sent it on its way again." in said
    office.work()
    now = {job.source_id: job.status for job in office.desk.jobs()}
    assert now == {"E-0": "cancelled", "E-1": "posted", "E-2": "posted", "E-3": "posted", "OTHER": "review"}  # fmt: skip
