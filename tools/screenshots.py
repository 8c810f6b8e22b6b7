"""`make screenshots`: the pictures of the documentation, taken from the demo.

They are taken in a copy of the demo database that is dropped afterwards, so the demo
keeps its users and nothing of the camera's.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools import console, serving
from tools.demo import Demo
from tools.errors import ToolError
from tools.odoo_cli import Odoo
from tools.ports import any_free
from tools.postgres import ensure_server
from tools.programs import CHINESE, CHROMIUM, ensure
from tools.screens import SCREENS, Screen
from tools.settings import Settings
from tools.venv import ensure_venv

REQUIREMENTS = Path(__file__).parent / "requirements-screenshots.txt"
LANGUAGES = ("en_US", "zh_CN")

# The records to show: the High customer with the most purchases and, where there is
# one, an open opportunity and a quotation of a customer in a tier.
RECORDS = """
import json
def first(model, domain, order=None):
    return env[model].search(domain, order=order, limit=1)
def of_tiered_customer(model, domain):
    tiered = [("partner_id.value_tier_id", "!=", False)]
    return first(model, domain + tiered) or first(model, domain)
high = env.ref("crm_value_tiering.crm_value_tier_high")
best = first("crm.value.profile", [("tier_id", "=", high.id)], "purchase_days desc, id")
lead = [("type", "=", "opportunity"), ("won_status", "=", "pending")]
quotation = [("state", "in", ("draft", "sent"))]
step = env.ref("crm_complaints.crm_complaint_stage_investigate")
request = first("crm.complaint", [("stage_id", "=", step.id)])
program = first("loyalty.program", [("crm_ledger", "=", True)])
print(json.dumps({
    "partner": best.partner_id.id,
    "lead": of_tiered_customer("crm.lead", lead).id,
    "order": of_tiered_customer("sale.order", quotation).id,
    "request": request.id,
    "alarm": first("crm.complaint.alarm", []).id,
    "idea": first("crm.complaint.idea", [("state", "=", "new")]).id,
    "plan": first("crm.metric.plan", [("reason", "!=", False)]).id,
    "process": first("crm.complaint.process", []).id,
    "capa": first("crm.complaint.capa", [("state", "=", "watched")]).id,
    "program": program.id,
    "member": first("crm.loyalty.move", [("kind", "=", "redeem")]).member_id.id,
    "deal": first("crm.lead", lead + [("user_id", "=", env.ref("base.user_admin").id)]).id,
    "version": first("crm.incentive.version", [("state", "=", "approved")]).id,
    "contest": first("crm.incentive.contest", []).id,
    "simulation": first("crm.incentive.simulation", []).id,
    "period": first("crm.incentive.period", [("state", "=", "review")]).id,
    "value_board": env.ref("crm_value_tiering.dashboard_value").id,
    "retention_board": env.ref("crm_metric.dashboard_retention").id,
}))
"""

# The pictures show the pipeline of the demo's own user.
SET_USER = """
user = env.ref("base.user_admin")
user.write({"login": "camera", "password": "camera", "lang": %r})
env.cr.commit()
env.registry.signal_changes()  # the server remembers a user's language
"""


def main(settings: Settings, argv: Sequence[str]) -> int:
    """Bring the demo up to date, copy it, and take every picture from the copy."""
    wanted = select(settings.args)
    chromium = ensure(CHROMIUM, CHINESE)
    ensure_venv(settings.venv, REQUIREMENTS)
    odoo = Odoo(settings, ensure_server(settings), "demo")
    odoo.write_config()
    Demo(settings, odoo).prepare()
    with copy(odoo, settings.db) as database:
        records = json.loads(odoo.script(database, RECORDS, "screenshots"))
        if missing := [name for name, record in records.items() if not record]:
            raise ToolError(f"{settings.db} has nothing to show: {', '.join(missing)}")
        log = settings.var / "log"
        with served(odoo, database) as address:
            from tools.screenshots_browser import Camera

            for language in LANGUAGES:
                with console.step(f"Taking {len(wanted)} pictures in {language}"):
                    odoo.script(database, SET_USER % language, "screenshots")
                    camera = Camera(chromium, address, "camera", language, log)
                    with camera:
                        for screen in wanted:
                            path = picture(settings.root, screen, language)
                            camera.take(screen, records, path)
    return 0


def select(names: tuple[str, ...]) -> list[Screen]:
    """The screens to picture: all, or those named in ARGS."""
    unknown = set(names) - {screen.name for screen in SCREENS}
    if unknown:
        raise ToolError(f"there is no screen {', '.join(sorted(unknown))}")
    return [screen for screen in SCREENS if not names or screen.name in names]


def picture(root: Path, screen: Screen, language: str) -> Path:
    """The file of a picture: `lead.png`, `lead.zh_CN.png`."""
    suffix = "" if language == LANGUAGES[0] else f".{language}"
    return root / "docs" / "images" / f"{screen.name}{suffix}.png"


@contextmanager
def copy(odoo: Odoo, database: str) -> Iterator[str]:
    """A copy of a database for as long as it is needed."""
    name = f"{database}_pictures"
    with console.step(f"Copying {database}"):
        odoo.clone(database, name)
    try:
        yield name
    finally:
        odoo.drop(name)


@contextmanager
def served(odoo: Odoo, database: str) -> Iterator[str]:
    """The address of an Odoo that serves one database for as long as it is needed."""
    port = any_free()
    log = odoo.settings.var / "log" / "screenshots-server.log"
    command = odoo.command(
        f"--http-port={port}",
        *("-d", database, f"--db-filter=^{re.escape(database)}$"),
        "--no-database-list",
    )
    with log.open("w") as out:
        child = subprocess.Popen(
            command,
            cwd=odoo.settings.var,
            env=odoo.environment(),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        serving.wait_until_it_answers(child, port, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        serving.end(child)
