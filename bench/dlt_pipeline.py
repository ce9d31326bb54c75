"""The reference: dlt pulls the same entity from the same pages; runs in dlt's own virtual environment. Of Xledger, whose
pages dlt's rest_api source cannot follow, by its REST client with a paginator for cursors in GraphQL.

Variant `plain` is dlt as it comes (its rest_api source, merge on the primary key). `tuned` is what its
performance page and its Postgres page advise for one large table: csv as the loader's format, the
merge strategy `upsert`, files rotated so that several are normalized and loaded at once, larger
buffers, no compression. https://dlthub.com/docs/reference/performance
`files` is tuned, too, and leaves Parquet files in a folder (its filesystem destination) instead of loading a database.
Measured is `pipeline.run` (extract, normalize, load), not the start of the interpreter.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

#: As the example for a million records on the performance page: ten files.
_FILES = 10


def tune(rows: int, workers: int) -> None:
    """Configuration by environment variables: dlt reads them when the pipeline runs."""
    per_file = str(max(5_000, rows // _FILES))
    os.environ.update(
        {
            "SOURCES__DATA_WRITER__BUFFER_MAX_ITEMS": per_file,
            "SOURCES__DATA_WRITER__FILE_MAX_ITEMS": per_file,
            "NORMALIZE__DATA_WRITER__BUFFER_MAX_ITEMS": per_file,
            "NORMALIZE__DATA_WRITER__FILE_MAX_ITEMS": per_file,
            "NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION": "true",
            "NORMALIZE__WORKERS": str(workers),
            "LOAD__WORKERS": str(_FILES + 1),
        }
    )


def pipeline(task: dict[str, Any]) -> Any:
    """(pipeline, source, arguments of run) of the variant."""
    import dlt  # type: ignore[import-not-found]

    is_tuned = task["variant"] == "tuned"
    if task["variant"] == "files":
        made = dlt.pipeline(
            "bench_files",
            pipelines_dir=task["folder"],
            destination=dlt.destinations.filesystem(task["dsn"]),
            dataset_name="bench",
        )
        return made, rest(task, "append"), {"loader_file_format": "parquet"}
    disposition = {"disposition": "merge", "strategy": "upsert"} if is_tuned else "merge"
    made = dlt.pipeline(
        f"bench_{task['variant']}",
        pipelines_dir=task["folder"],
        destination=dlt.destinations.postgres(task["dsn"]),
        dataset_name="bench",
    )
    source = (graphql if "graphql" in task else rest)(task, disposition)
    return made, source, {"loader_file_format": "csv"} if is_tuned else {}


def rest(task: dict[str, Any], disposition: Any) -> Any:
    """Booked entries of e-conomic."""
    from dlt.sources.rest_api import rest_api_source  # type: ignore[import-not-found]

    return rest_api_source(
        {
            "client": {
                "base_url": f"{task['url']}/economic/openapi/bookedEntriesapi/v7.0.0/",
                "paginator": {
                    "type": "cursor",
                    "cursor_path": "cursor",
                    "cursor_param": "cursor",
                },
            },
            "resources": [
                {
                    "name": "booked_entries",
                    "primary_key": "entryNumber",
                    "write_disposition": disposition,
                    "endpoint": {"path": "booked-entries", "data_selector": "items"},
                }
            ],
        }
    )


def graphql(task: dict[str, Any], disposition: Any) -> Any:
    """Transactions of Xledger. task["graphql"]: the query, which takes $after, and the token."""
    import dlt
    from dlt.sources.helpers.rest_client import RESTClient  # type: ignore[import-not-found]
    from dlt.sources.helpers.rest_client.paginators import (  # type: ignore[import-not-found]
        BasePaginator,
    )

    class Cursors(BasePaginator):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self._after: str | None = None

        def init_request(self, request: Any) -> None:
            request.json = {"query": task["graphql"]["query"], "variables": {"after": None}}

        def update_state(self, response: Any, data: Any = None) -> None:
            page = response.json()["data"]["transactions"]
            self._has_next_page = page["pageInfo"]["hasNextPage"]
            self._after = page["edges"][-1]["cursor"] if self._has_next_page else None

        def update_request(self, request: Any) -> None:
            request.json["variables"] = {"after": self._after}

    @dlt.resource(  # type: ignore[untyped-decorator]
        name="transactions", primary_key="dbId", write_disposition=disposition
    )
    def transactions() -> Any:
        client = RESTClient(task["url"], {"Authorization": f"token {task['graphql']['token']}"})
        yield from client.paginate(
            "xledger/graphql",
            method="POST",
            paginator=Cursors(),
            data_selector="data.transactions.edges[*].node",
        )

    return transactions


def peak_mb() -> float:
    """Of the largest process: this one or one of its workers."""
    own = next(
        int(line.split()[1])
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("VmHWM:")
    )
    return max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024


def cpu_s() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def main() -> None:
    task = json.load(sys.stdin)
    if task["variant"] in ("tuned", "files"):
        tune(task["rows"], task["workers"])
    made, source, arguments = pipeline(task)
    began, cpu = time.monotonic(), cpu_s()
    made.run(source, **arguments)
    result = {"seconds": time.monotonic() - began, "client_cpu_s": cpu_s() - cpu}
    print(json.dumps({**result, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main()
