"""The nightly dates of regular contact."""

from __future__ import annotations

from benchmarks.runner import Bench


def compute(bench: Bench) -> None:
    """Everybody in the best tier is to be contacted every month."""
    bench.env["crm.value.tier"].search([], limit=1).contact_days = 30
    profiles = bench.env["crm.value.profile"]
    bench.job(
        "contact dates of the best tier",
        lambda: profiles._update_contacts(bench.company, bench.today),
        lambda changed: changed,
    )
