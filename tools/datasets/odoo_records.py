"""What the loader and the opportunities share inside Odoo."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any, TypeVar

from tools.errors import ToolError

# External ids name what was loaded: they make a second load recognise it, and show it
# to an administrator. Like `__import__`, it is no module, so no upgrade touches it.
NAMESPACE = "__cdnow__"
LAST_DAY_PARAMETER = "cdnow.last_day"
# A load is history: nobody is told, nobody follows, nothing is noted in the chatter.
SILENT = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
}

# Odoo's own classes are not importable where this file is type-checked.
Env = Any
Records = Any
T = TypeVar("T")
Progress = Callable[[str], None]


class LoadError(ToolError):
    """Why nothing (more) was loaded."""


def external_ids(env: Env) -> dict[str, int]:
    """Everything loaded so far: name within the namespace -> database id."""
    env.cr.execute(
        "SELECT name, res_id FROM ir_model_data WHERE module = %s", [NAMESPACE]
    )
    return dict(env.cr.fetchall())


def name_records(env: Env, names: Sequence[str], records: Records) -> None:
    """Give each record its external id."""
    env["ir.model.data"]._update_xmlids(
        [
            {"xml_id": f"{NAMESPACE}.{name}", "record": record, "noupdate": True}
            for name, record in zip(names, records, strict=True)
        ]
    )


def loaded_last_day(env: Env) -> date | None:
    """The day on which the loaded purchases end, if there are any."""
    text = env["ir.config_parameter"].sudo().get_param(LAST_DAY_PARAMETER)
    return date.fromisoformat(text) if text else None


def batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Cut a long list into pieces that are committed one by one."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
