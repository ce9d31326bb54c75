"""What is under way, as a part of pages: GET /saldo/agreements/<agreement>/progress.

A page of an agreement has it in one line:

    <div hx-get="{{ link('/agreements/' ~ agreement.id ~ '/progress') }}" hx-trigger="load" hx-swap="outerHTML"></div>

or without scripts, with `**progress.of_agreement(reading.connection, id)` among the page's values, by

    {% include "progress/progress.html" %}

It asks again every three seconds while something runs or Airflow has a run at work, and stops when nothing does. Where nothing ran from the start it shows nothing.
Other pages show other subjects, `of_subject`, or several of them, `of_tasks`.
"""

from __future__ import annotations

from .parts import of_agreement, of_subject, of_tasks

__all__ = ["of_agreement", "of_subject", "of_tasks"]
