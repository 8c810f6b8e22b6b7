"""The parts of o-spreadsheet's JSON that are the same on every board."""

from __future__ import annotations

from typing import Any

# The newest migration step of Odoo 19.0. Another value makes the web client migrate the
# document from its very beginning, which destroys it.
VERSION = "18.5.10"
COLORS = {
    "good": "#00A04A",
    "bad": "#DC6965",
    "heading": "#01666B",
    "text": "#434343",
    "line": "#CCCCCC",
    "heat": "#7FC8C2",
}
# Of the tiers from the best to the last, as their tags have it when they are installed.
TIER_COLORS = ("#30C381", "#F7CD1F", "#ADB5BD")
# Of a churn risk, in the order of its keys: high, low, medium.
RISK_COLORS = ("#DC6965", "#30C381", "#F7CD1F")
STYLES = {
    "heading": {"textColor": COLORS["heading"], "bold": True, "fontSize": 16},
    "titles": {
        "bold": True,
        "fontSize": 9,
        "textColor": COLORS["text"],
        "wrapping": "wrap",
        "align": "right",
    },
    "texts": {
        "bold": True,
        "fontSize": 9,
        "textColor": COLORS["text"],
        "wrapping": "wrap",
    },
}
LOCALE = {
    "name": "English (US)",
    "code": "en_US",
    "thousandsSeparator": ",",
    "decimalSeparator": ".",
    "dateFormat": "mm/dd/yyyy",
    "timeFormat": "hh:mm:ss",
    "formulaArgSeparator": ",",
    "weekStart": 7,
}


def empty_sheet(key: str, name: str) -> dict[str, Any]:
    """A sheet with every key that the web client expects."""
    return {
        "id": key,
        "name": name,
        "colNumber": 26,
        "rowNumber": 60,
        "rows": {},
        "cols": {},
        "merges": [],
        "cells": {},
        "styles": {},
        "formats": {},
        "borders": {},
        "conditionalFormats": [],
        "dataValidationRules": [],
        "figures": [],
        "tables": [],
        "areGridLinesVisible": True,
        "isVisible": True,
        "headerGroups": {"ROW": [], "COL": []},
        "comments": {},
    }
