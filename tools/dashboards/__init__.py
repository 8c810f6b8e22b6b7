"""`make dashboards`: the spreadsheet dashboards that the modules ship, as JSON.

Community shows dashboards but has no editor for them, so each is written here as a
specification (one file per board) and built into the file that its module ships.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from tools.dashboards import retention, value
from tools.dashboards.board import Board
from tools.settings import Settings

# Where the file goes, from the root of the repository: the function that builds it. Odoo
# finds the texts to translate in files of this name, in a subfolder of data/ only.
FILES: dict[str, Callable[[], Board]] = {
    "crm_metric/data/dashboards/retention_dashboard.json": retention.build,
    "crm_value_tiering/data/dashboards/value_dashboard.json": value.build,
}


def write(root: Path) -> list[str]:
    """Build all dashboards; returns the paths of those that changed."""
    changed = []
    for name, build in FILES.items():
        path = root / name
        text = build().to_json()
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            changed.append(name)
    return changed


def main(settings: Settings, argv: Sequence[str]) -> int:
    """Write what changed, and say so."""
    changed = write(settings.root)
    print("\n".join(changed) if changed else "all dashboards are up to date")
    return 0
