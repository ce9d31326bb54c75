"""What is written about runs: ops.sync_run, ops.audit, ops.watermark, ops.progress."""
