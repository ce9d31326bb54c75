"""How the libraries of object stores are used: they neither try for minutes nor hold a file in memory.

Left alone, Azure's library (12.31) takes three minutes to say that nobody answers, and holds 64 MB of a file that it
sends, or 128 blocks of 4 MB. That of S3 (s3fs 2026.9) holds ten blocks of 50 MB. A task of Airflow is tried again anyway.
"""

from __future__ import annotations

from typing import Any

BLOCK = 4 * 1024 * 1024
_AT_ONCE = 2
#: As botocore calls them; Airflow's file system of S3 passes them on.
OF_S3: dict[str, Any] = {
    "connect_timeout": 10,
    "read_timeout": 60,
    "retries": {"total_max_attempts": 3, "mode": "standard"},
}


def calmed(fs: Any) -> Any:
    """The same file system, with bounds."""
    if (client := getattr(fs, "service_client", None)) is not None:
        # A container it does not know is not taken for one that is there: it would be sent the same file for ever.
        fs.assume_container_exists = False
        # adlfs passes no such settings on.
        config = getattr(client, "_config", None)
        if config is None:
            return fs
        config.max_single_put_size = config.max_block_size = BLOCK
        config.max_single_get_size = config.max_chunk_get_size = BLOCK
        retries = config.retry_policy
        retries.total_retries = 2
        retries.initial_backoff, retries.increment_base, retries.random_jitter_range = 1, 1, 1
    return fs


def sending(fs: Any) -> dict[str, Any]:
    """What `put_file` is told of a file system, so that it sends in few small blocks."""
    protocols = {fs.protocol} if isinstance(fs.protocol, str) else set(fs.protocol)
    if "abfs" in protocols:
        return {"max_concurrency": _AT_ONCE}
    if "s3" in protocols:
        # S3 takes no part below 5 MB, beside the last.
        return {"max_concurrency": _AT_ONCE, "chunksize": 2 * BLOCK}
    return {}
