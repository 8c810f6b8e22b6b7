"""The nightly metrics and cohorts."""

from __future__ import annotations

from benchmarks.runner import Bench


def compute(bench: Bench) -> None:
    """All of two months, and again, when nothing has changed."""
    runs = bench.env["crm.metric.run"]
    for job in ("metrics and cohorts, two months", "metrics and cohorts again"):
        bench.job(
            job, lambda: runs.recompute(bench.company), lambda run: run.written_count
        )
