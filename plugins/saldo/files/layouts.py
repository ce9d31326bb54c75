"""What a file configuration says of how files are read, as the reader of workbooks takes it (saldo.workbooks)."""

from __future__ import annotations

from saldo.workbooks import Csv, Layout

from .configuration import FileConfiguration

#: Keys of `header` that the reader calls otherwise.
_ROLES = {"month": "period", "text": "name"}


def layout_of(configuration: FileConfiguration) -> Layout:
    """The layout of its files."""
    csv = configuration.csv
    return Layout(
        kind=configuration.kind,
        sheet=configuration.sheet,
        header=_words(configuration),
        amounts_in=configuration.amounts_in,
        sign=configuration.sign,
        fiscal_year=configuration.fiscal_year,
        scenario=configuration.scenario or "budget",
        scenario_column=configuration.scenario_column,
        company_column=configuration.agreement_column,
        number_format=configuration.number_format,
        csv=Csv(csv.encoding, csv.separator, csv.columns),
        max_mb=configuration.max_mb,
    )


def _words(configuration: FileConfiguration) -> dict[str, tuple[str, ...]]:
    said: dict[str, tuple[str, ...]] = dict(configuration.header)
    return {_ROLES.get(key, key): words for key, words in said.items() if words}
