"""A document opened as a person opens it: the link of a report, Chromium, Airflow's log-in, the PDF."""

from __future__ import annotations

import re
import subprocess
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Page

from tests.browser import log_in, page
from tests.system.running import Stack

pytestmark = pytest.mark.timeout(600)
_PAGES = (
    "document.querySelector('pdf-viewer')?.shadowRoot?.querySelector('viewer-toolbar')?.shadowRoot"
    "?.querySelector('viewer-page-selector')?.shadowRoot?.textContent"
)


def pages_shown(shown: Page) -> int:
    """How many pages Chromium's own viewer says the document has, once it has loaded it."""
    for _ in range(60):
        for frame in shown.frames:
            if frame.url.startswith("chrome-extension:"):
                found = re.search(r"/\s*([1-9]\d*)", frame.evaluate(_PAGES) or "")
                if found:
                    return int(found[1])
        shown.wait_for_timeout(500)  # Playwright hears of new frames only while it waits itself
    raise AssertionError(f"no viewer at {shown.url}")


def test_a_link_of_a_report_opens_the_pdf_in_a_browser(
    stack: Stack, first: subprocess.CompletedProcess[str]
) -> None:
    ((voucher, pages),) = stack.rows(
        "select d.pdf_url, d.page_count from mart.dim_document as d "
        "inner join mart.dim_agreement as a on a.agreement_key = d.agreement_key "
        "where a.agreement_id = 'nordlys' and d.kind = 'voucher' and d.has_pdf and d.page_count > 1 "
        "order by d.document_key limit 1"
    )
    ((invoice,),) = stack.rows(
        "select d.pdf_url from mart.dim_document as d "
        "inner join mart.dim_agreement as a on a.agreement_key = d.agreement_key "
        "where a.agreement_id = 'nordlys' and d.kind = 'invoice' and d.has_pdf "
        "order by d.document_key limit 1"
    )
    with page() as shown:
        shown.goto(urljoin(stack.url, voucher))
        shown.wait_for_selector("input[name=username]")
        log_in(shown, "admin", stack.password("admin"))
        shown.wait_for_url(urljoin(stack.url, voucher), wait_until="commit")
        assert pages_shown(shown) == pages
        shown.screenshot(path=stack.run_dir / "voucher.png")
        shown.goto(urljoin(stack.url, invoice))
        assert shown.evaluate("document.contentType") == "application/pdf"
        assert pages_shown(shown) == 1
        missing = re.sub(r"\d+\.pdf$", "999999999.pdf", invoice)
        shown.goto(urljoin(stack.url, missing))
        assert shown.inner_text("h1") == "No such document"
    opened = stack.rows(
        "select actor, detail ->> 'kind' from ops.audit where action = 'document opened' "
        "order by audit_id desc limit 2"
    )
    assert opened == [("admin", "invoice"), ("admin", "voucher")]
