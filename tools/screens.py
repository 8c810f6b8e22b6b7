"""The table of `make screenshots`: which page, what to do there, what to picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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
    :param path: of the page; {partner}, {lead}, {order} and so on are ids, see RECORDS in
        tools/screenshots.py
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
    Screen("requests-queue", "/odoo/complaints-queue", ROW),
    Screen("requests-kanban", "/odoo/complaints", CARD),
    Screen("request", "/odoo/complaints/{request}", FORM, height=1000),
    Screen("early-warning", "/odoo/complaint-alarms/{alarm}", FORM, height=1100),
    Screen("corrective-action", "/odoo/complaint-actions/{capa}", FORM, height=1000),
    Screen("idea", "/odoo/customer-ideas/{idea}", FORM, height=1000),
    Screen("process-review", "/odoo/process-reviews/{process}", FORM, height=1100),
    Screen("improvement-plan", "/odoo/improvement-plans/{plan}", FORM, height=1100),
    Screen("service-levels", "/odoo/complaint-service-levels", ROW),
    Screen("points-program", "/odoo/loyalty-programs/{program}", FORM),
    Screen("points-member", "/odoo/loyalty-members/{member}", FORM),
    Screen(
        "pay-plan",
        "/odoo/action-crm_team_incentives.crm_incentive_version_action/{version}",
        FORM,
    ),
    Screen(
        "pay-simulation",
        "/odoo/incentive-simulations/{simulation}",
        FORM,
        height=1300,
    ),
    Screen("pay-contest", "/odoo/incentive-contests/{contest}", FORM, height=1000),
    Screen("pay-period", "/odoo/incentive-periods/{period}", FORM),
    Screen("pay-earnings", "/odoo/my-earnings", CARD),
    Screen(
        "pay-estimate",
        "/odoo/crm/{deal}",
        FORM,
        (".o_notebook a[name=incentive]", ".o_incentive_estimate"),
    ),
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
