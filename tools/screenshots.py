"""`make screenshots`: the pictures of the documentation, taken from the demo.

They are taken in a copy of the demo database that is dropped afterwards, so the demo
keeps its users and nothing of the camera's.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools import console, serving
from tools.demo import Demo
from tools.errors import ToolError
from tools.odoo_cli import Odoo
from tools.ports import any_free
from tools.postgres import ensure_server
from tools.programs import CHINESE, CHROMIUM, ensure
from tools.settings import Settings
from tools.venv import ensure_venv

REQUIREMENTS = Path(__file__).parent / "requirements-screenshots.txt"
LANGUAGES = ("en_US", "zh_CN")

ROW = ".o_data_row"
LIST = ".o_list_renderer"
CARD = ".o_kanban_record:not(.o_kanban_ghost)"
FORM = ".o_form_view .o_form_sheet_bg"
CHART = ".o_graph_renderer canvas"
FIGURE = ".o-figure canvas"
PIVOT = ".o_pivot table td.o_pivot_cell_value"
DIALOG = ".modal .modal-content"


@dataclass(frozen=True)
class Text:
    """Something to type.

    :param into: the field's selector
    :param words: what, by language
    """

    into: str
    words: Mapping[str, str]


@dataclass(frozen=True)
class Screen:
    """One picture, in every language.

    :param name: of the file in docs/images
    :param path: of the page; {partner}, {lead} and {order} are ids of :data:`PREPARE`
    :param wait: what is there when the page is complete
    :param steps: what to do then, one after the other: a selector is clicked, a
        :class:`Text` is typed
    :param part: the element to picture; empty: the whole page
    :param phone: as wide as a telephone
    :param height: of the page at most, in pixels; what is empty below is cut off
    """

    name: str
    path: str
    wait: str
    steps: tuple[str | Text, ...] = ()
    part: str = ""
    phone: bool = False
    height: int = 800


PROFILES = "/odoo/action-crm_value_tiering.crm_value_profile_action?view_type="
TIERS = "/odoo/action-crm_value_tiering.crm_value_tier_action"
TRANSITIONS = "/odoo/action-crm_value_tiering.crm_value_transition_action"
RUNS = "/odoo/action-crm_value_tiering.crm_value_run_action"
BOARD = "/odoo/dashboards?dashboard_id="
CONTACT = "/odoo/contacts/{partner}"
VALUE_TAB = (".o_notebook .nav-link[name=value]",)
FIRST_ROW = (f"{ROW} .o_data_cell",)
NEXT = ".modal button[name=action_next]"
ACTION = "/odoo/action-crm_value_tiering."
CONFIGURATION = "button[data-menu-xmlid='crm.crm_menu_config']"
MENU = ".dropdown-item[data-menu-xmlid='crm_value_tiering.{}']"
SETTINGS_TAB = ".settings_tab [data-key=crm_value_tiering]"
SECOND_CHOICE = ".o-autocomplete--dropdown-item:nth-child(2)"
REASON = Text(
    ".modal [name=reason] textarea",
    {
        "en_US": "Closes two of their three shops in spring",
        "zh_CN": "三家门店中的两家将于春季关闭",
    },
)

SCREENS = (
    Screen("contact-value", CONTACT, FORM, VALUE_TAB, height=1500),
    Screen("contact-value-phone", CONTACT, FORM, VALUE_TAB, phone=True, height=1700),
    Screen("contacts-kanban", "/odoo/contacts?view_type=kanban", CARD),
    Screen("contacts-list", "/odoo/contacts?view_type=list", ROW),
    Screen("pipeline", "/odoo/crm", CARD),
    Screen("pipeline-phone", "/odoo/crm", CARD, phone=True),
    Screen("lead", "/odoo/crm/{lead}", FORM),
    Screen("quotation", "/odoo/sales/{order}", FORM),
    Screen("profiles-list", f"{PROFILES}list", ROW),
    Screen("profiles-pivot", f"{PROFILES}pivot", PIVOT),
    Screen("profiles-graph", f"{PROFILES}graph", CHART),
    Screen("tiers", TIERS, ROW),
    Screen("transitions", TRANSITIONS, LIST),
    Screen("moves", "/odoo/customer-value-moves", ".o_kanban_renderer"),
    Screen("metrics-pivot", "/odoo/customer-metrics?view_type=pivot", PIVOT),
    Screen("cohorts", "/odoo/customer-cohorts?view_type=pivot", PIVOT),
    Screen("at-risk", "/odoo/customers-at-risk", LIST),
    Screen("dashboard-value", f"{BOARD}{{value_board}}", FIGURE, height=1100),
    Screen("dashboard-retention", f"{BOARD}{{retention_board}}", FIGURE, height=1100),
    Screen("run", RUNS, ROW, FIRST_ROW, height=1000),
    Screen("settings", "/odoo/settings", ".settings_tab", (SETTINGS_TAB,), height=1700),
    Screen("contact-due", "/odoo/customers-to-contact", ROW),
    Screen("actions", "/odoo/customer-value-actions", ROW),
    Screen("losses", "/odoo/customers-lost?view_type=list", ROW),
    Screen("satisfaction", "/odoo/customer-satisfaction", ROW),
    Screen("targets", "/odoo/customer-targets", ROW),
    Screen("tier", TIERS, ROW, (f"{ROW} .o_data_cell[name=name]",)),
    Screen(
        "accuracy",
        f"{ACTION}crm_value_holdout_action",
        ROW,
        FIRST_ROW,
        height=1000,
    ),
    Screen(
        "setup",
        f"{PROFILES}list",
        ROW,
        (CONFIGURATION, MENU.format("menu_value_setup"), NEXT, NEXT, NEXT),
        DIALOG,
    ),
    Screen(
        "set-tier",
        CONTACT,
        FORM,
        (
            *VALUE_TAB,
            "button[name=action_set_value_tier]",
            ".modal [name=tier_id] input",
            SECOND_CHOICE,
            REASON,
        ),
        DIALOG,
    ),
    Screen(
        "api-key",
        f"{PROFILES}list",
        ROW,
        (CONFIGURATION, MENU.format("menu_value_bi_key")),
        DIALOG,
    ),
)

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
print(json.dumps({
    "partner": best.partner_id.id,
    "lead": of_tiered_customer("crm.lead", lead).id,
    "order": of_tiered_customer("sale.order", quotation).id,
    "value_board": env.ref("crm_value_tiering.dashboard_value").id,
    "retention_board": env.ref("crm_value_tiering.dashboard_retention").id,
}))
"""

# The pictures show the pipeline of the demo's own user.
SET_USER = """
user = env.ref("base.user_admin")
user.write({"login": "camera", "password": "camera", "lang": %r})
env.cr.commit()
env.registry.signal_changes()  # the server remembers a user's language
"""


def main(settings: Settings) -> int:
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
