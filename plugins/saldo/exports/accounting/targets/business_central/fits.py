"""Whether a file and its connection mean the same environment and company of Business Central."""

from __future__ import annotations

from saldo.errors import ConfigError
from saldo.vendors.business_central.client import BusinessCentralClient, BusinessCentralCompany

from .configuration import BusinessCentralExport


def fits(client: BusinessCentralClient, configuration: BusinessCentralExport) -> None:
    """See TargetKind.fits. Asks for the companies only where the connection calls its own otherwise than the file does."""
    file = f"{configuration.organisation}.yaml"
    there = f"the Airflow connection {configuration.connection!r}"
    if client.environment.casefold() != configuration.environment.casefold():
        raise ConfigError(
            f"{file}: environment: {configuration.environment!r}, but {there} is of {client.environment!r}; correct one of them"
        )
    if client.company is None or client.company.casefold() == configuration.company.casefold():
        return
    companies = client.companies()
    meant = {_called(companies, name) for name in (client.company, configuration.company)}
    if len(meant) != 1 or None in meant:
        raise ConfigError(
            f"{file}: company: {configuration.company!r}, but {there} is of the company {client.company!r}; correct one of them, "
            "or leave the company of the connection empty"
        )


def _called(companies: list[BusinessCentralCompany], name: str) -> str | None:
    """The id of the one that is called so; None where there is none, or several."""
    found = [one.id for one in companies if one.is_called(name)]
    return found[0] if len(found) == 1 else None
