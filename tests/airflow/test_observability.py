"""What a run tells collectors, as they receive it: OpenLineage events by HTTP, metrics by OTLP and by StatsD. And that
nothing is told where nobody asked for it."""

from __future__ import annotations

import json
import os
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import AGGREGATION_TEMPORALITY_DELTA as DELTA
from psycopg.conninfo import conninfo_to_dict

from saldo.warehouse.connection import connect
from stack.settings import Secrets, Settings
from tests.airflow.running import airflow, home
from tests.serving import reply, serving
from tests.support import PROJECT, Company, Sandbox

Event = dict[str, Any]
#: What the stack and the images have in any case.
ALWAYS = {
    name: value
    for name, value in Settings({}).environment(Secrets(*["key"] * 7)).items()
    if name.startswith("AIRFLOW__OPENLINEAGE__")
}
API_KEY = "key-of-the-collector"
AGREEMENT = """
id: {id}
name: Lined
vendor: economic
connection: economic_lined
schedule: null
timezone: Europe/Copenhagen
start_date: 2024-01-01
entities: [self, accounts, accounting_years, periods, customers, entries]
"""


def documented(word: str, **changed: str) -> dict[str, str]:
    """The variables of the first piece of docs/observability.md with this word; changed: what is another one here."""
    page = (PROJECT / "docs" / "observability.md").read_text()
    piece = next(text for text in re.findall(r"```sh\n(.*?)```", page, re.S) if word in text)
    found = dict(re.findall(r"^([A-Z_]+)='?(.*?)'?$", piece, re.M))
    assert changed.keys() <= found.keys()
    return {**found, **changed}


def lineage_to(url: str) -> dict[str, str]:
    found = documented("OPENLINEAGE")
    transport = json.loads(found["AIRFLOW__OPENLINEAGE__TRANSPORT"])
    transport["transport"] |= {"url": url, "auth": {"type": "api_key", "apiKey": API_KEY}}
    return {**found, "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(transport)}


@dataclass
class Place:
    """An Airflow with one agreement, of a company of the sandbox."""

    environ: dict[str, str]
    company: Company
    dsn: str
    secrets: list[str]

    def night(self, *, without: str, **more: str) -> str:
        """One run in the foreground; tasks that match `without` count as done."""
        chosen = ("--mark-success-pattern", without)
        words = ("dags", "test", f"saldo__{self.company.id}", *chosen)
        return airflow({**self.environ, **more}, *words)


@pytest.fixture(scope="module")
def place(sandbox: Sandbox, dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("observed")
    company = sandbox.company("lined", entries=300)
    agreements = folder / "agreements"
    agreements.mkdir()
    (agreements / f"{company.id}.yaml").write_text(AGREEMENT.format(id=company.id))
    base, grant = f"{sandbox.url}/economic", f"sandbox-grant-{company.id}"
    extra = {
        "app_secret_token": "sandbox-app-secret", "openapi_host": f"{base}/openapi",
        "environment": "test",
    }  # fmt: skip
    connection = {
        "conn_type": "economic", "host": f"{base}/rest", "password": grant, "extra": extra,
    }  # fmt: skip
    ours = ("AIRFLOW", "SALDO", "OPENLINEAGE", "OTEL")
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith(ours)},
        **home(folder, agreements, dsn),
        **ALWAYS,
        "AIRFLOW_CONN_ECONOMIC_LINED": json.dumps(connection),
    }
    airflow(environ, "db", "migrate")
    password = str(conninfo_to_dict(dsn)["password"])
    return Place(environ, company, dsn, [grant, "sandbox-app-secret", password, API_KEY])


@contextmanager
def listening() -> Iterator[tuple[int, list[str]]]:
    """A StatsD server: its port, and the packets it gets."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        packets: list[str] = []

        def listen() -> None:
            while packet := server.recv(65_536):
                packets.append(packet.decode())

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        port = server.getsockname()[1]
        yield port, packets
        server.sendto(b"", ("127.0.0.1", port))
        thread.join()


@dataclass
class Told:
    """What came of a night with a failure in it."""

    events: list[Event]
    headers: list[dict[str, str]]
    packets: list[str]
    log: str
    texts: list[str]

    def event(self, task: str, kind: str) -> Event:
        [found] = [
            event
            for event in self.events
            if event["eventType"] == kind and event["job"]["name"].partition(".")[2] == task
        ]
        return found


@pytest.fixture(scope="module")
def told(place: Place) -> Told:
    place.company.fault("revoked", match="customers")
    with serving() as start, listening() as (port, packets):
        collector = start(reply(200))
        log = place.night(
            without="validate|report",
            **lineage_to(collector.url),
            **documented(
                "STATSD",
                AIRFLOW__METRICS__STATSD_HOST="127.0.0.1",
                AIRFLOW__METRICS__STATSD_PORT=str(port),
            ),
        )
        texts = [body.decode() for body in collector.bodies]
        headers = [headers for _, headers in collector.seen]
    return Told([json.loads(text) for text in texts], headers, packets, log, [*texts, *packets])


@dataclass
class Quiet:
    """What came of a run with OpenLineage as the stack has it, off, and with OpenTelemetry's metrics."""

    events: list[bytes]
    exports: list[bytes]

    def points(self, metric: str) -> list[tuple[dict[str, str], float]]:
        """The attributes and the value of each point of a metric."""
        found = []
        for body in self.exports:
            request = ExportMetricsServiceRequest.FromString(body)
            for resource in request.resource_metrics:
                for scope in resource.scope_metrics:
                    for each in scope.metrics:
                        if each.name == metric:
                            assert each.sum.aggregation_temporality in (0, DELTA)
                            found += [*each.sum.data_points, *each.gauge.data_points]
        return [
            (
                {a.key: a.value.string_value for a in point.attributes},
                point.as_int or point.as_double,
            )
            for point in found
        ]


@pytest.fixture(scope="module")
def quiet(place: Place, told: Told) -> Quiet:
    with connect(place.dsn) as connection:
        connection.execute(
            "update mart.fact_journal_entries set amount_base = amount_base + 1 "
            "where journal_entry_key = (select max(journal_entry_key) from mart.fact_journal_entries)"
        )
    with serving() as start:
        collector, receiver = start(reply(200)), start(reply(200))
        place.night(
            without="land.accounts|land.small|land.customers|land.entries|facts|validate|report",
            **{**lineage_to(collector.url), **ALWAYS},
            **documented("OTEL_ON", OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url),
        )
        assert {path for path, _ in receiver.seen} == {"/v1/metrics"}
        return Quiet(collector.bodies, receiver.bodies)


def rows(datasets: list[Event]) -> dict[str, int | None]:
    """Dataset -> rows read or written."""
    facets = "inputFacets", "outputFacets"
    counted = [
        next(iter({**each.get(facets[0], {}), **each.get(facets[1], {})}.values()), {})
        for each in datasets
    ]
    return {each["name"]: c.get("rowCount") for each, c in zip(datasets, counted, strict=True)}


def columns(dataset: Event) -> dict[str, str]:
    return {each["name"]: each["type"] for each in dataset["facets"]["schema"]["fields"]}


def test_landing_tells_what_it_reads_at_the_vendor_and_which_tables_it_fills(
    told: Told, place: Place
) -> None:
    start, end = told.event("land.entries", "START"), told.event("land.entries", "COMPLETE")
    database = conninfo_to_dict(place.dsn)
    [read] = end["inputs"]
    assert (read["namespace"], read["name"]) == (place.company.sandbox.url, "entries")
    assert columns(read)["amountInBaseCurrency"]
    staged, typed = end["outputs"]
    assert staged["namespace"] == f"postgres://127.0.0.1:{database['port']}"
    assert staged["name"] == f"{database['dbname']}.staging.economic_entries"
    assert typed["name"] == f"{database['dbname']}.core.ledger_entry"
    assert columns(staged)["payload"] == "jsonb"
    assert columns(typed)["amount_base"] == "numeric(19,4)"
    count = place.company.truth()["counts"]["entries"]
    assert rows(end["inputs"]) == {"entries": count}
    assert rows(end["outputs"]) == {staged["name"]: count, typed["name"]: None}
    for one, other in zip(start["inputs"] + start["outputs"], [read, staged, typed], strict=True):
        assert (one["namespace"], one["name"]) == (other["namespace"], other["name"])
    assert start["run"]["runId"] == end["run"]["runId"]


def test_facts_tell_the_tables_of_core_they_read_and_the_tables_of_the_mart(
    told: Told, place: Place
) -> None:
    database = conninfo_to_dict(place.dsn)["dbname"]
    for kind in ("START", "COMPLETE"):
        event = told.event("facts", kind)
        read, written = rows(event["inputs"]), rows(event["outputs"])
        assert {f"{database}.core.ledger_entry", f"{database}.core.account"} <= read.keys()
        assert f"{database}.mart.fact_journal_entries" in written
        assert not read.keys() & written.keys()
    assert written[f"{database}.mart.fact_journal_entries"] > 0
    assert written[f"{database}.mart.dim_agreement"] == 1
    facts = next(o for o in event["outputs"] if o["name"].endswith(".fact_journal_entries"))
    assert columns(facts)["amount_base"] == "numeric(19,4)"


def test_a_failure_tells_its_error_and_what_was_to_be_read(told: Told) -> None:
    event = told.event("land.customers", "FAIL")
    error = event["run"]["facets"]["errorMessage"]
    assert error["message"].startswith("AuthError: economic agreement")
    assert "(401); correct the tokens" in error["message"]
    assert "stackTrace" not in error
    assert rows(event["inputs"]) == {"customers": 0}
    # The log of the task says more.
    assert "the answer began" in told.log
    assert "the answer began" not in error["message"]


def test_no_secret_and_no_row_of_the_books_leaves(told: Told, place: Place) -> None:
    assert len(told.events) == 15
    assert {headers["Authorization"] for headers in told.headers} == {f"Bearer {API_KEY}"}
    truth = place.company.truth()
    rows_of_books = [*truth["accounts"].values(), *truth["customers"].values()]
    assert len(rows_of_books) > 20
    kept_out = [*place.secrets, *(f'"{name}"' for name in rows_of_books)]
    told_of = [word for word in kept_out for text in told.texts if word in text]
    assert told_of == []


def test_statsd_gets_airflows_metrics_and_saldos_own(told: Told, place: Place) -> None:
    company, count = place.company.id, place.company.truth()["counts"]["entries"]
    whose = f"agreement={company},vendor=economic,entity=entries"
    assert f"airflow.saldo.rows_read,{whose}:{count}|c" in told.packets
    assert f"airflow.saldo.rows_written,{whose}:{count}|c" in told.packets
    assert (
        f"airflow.saldo.proof_differences,agreement={company},vendor=economic:0|g" in told.packets
    )
    # Also of the task that failed.
    whose = whose.replace("entries", "customers")
    assert f"airflow.saldo.requests,{whose}:1|c" in told.packets
    assert (
        f"airflow.ti.finish,dag_id=saldo__{company},task_id=facts,state=success:1|c" in told.packets
    )


def test_opentelemetry_gets_them_too(quiet: Quiet, place: Place) -> None:
    whose = {"agreement": place.company.id, "vendor": "economic"}
    with connect(place.dsn) as connection:
        spent = connection.execute(
            "select requests from ops.sync_run where subject_id = %s and entity = 'self' "
            "order by sync_run_id desc limit 1",
            [place.company.id],
        ).fetchall()
    points = quiet.points("airflow.saldo.requests")
    assert [(count,) for who, count in points if who == {**whose, "entity": "self"}] == spent
    [(who, differences)] = quiet.points("airflow.saldo.proof_differences")
    assert who == whose
    assert differences >= 1
    assert quiet.points("airflow.ti.finish")


def test_nothing_is_told_where_openlineage_is_off(quiet: Quiet) -> None:
    """As the stack and the images have it, whatever else is configured."""
    assert quiet.events == []
