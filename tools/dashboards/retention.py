"""The board "Retention" of crm_metric: who came, stayed and left."""

from __future__ import annotations

from tools.dashboards.board import GAP, WIDTH, Board
from tools.dashboards.document import COLORS, TIER_COLORS
from tools.dashboards.filters import Filter, Match

FACT = "crm.metric.fact"
COHORT = "crm.metric.cohort"
MENU = "crm_metric.menu_metric_fact"

FILTERS = [
    Filter("period", "Period", default="last_12_months"),
    Filter("team", "Sales Team", "crm.team"),
    Filter("user", "Salesperson", "res.users"),
    Filter("tier", "Tier", "crm.value.tier"),
    Filter("company", "Company", "res.company"),
]
MATCHING = {
    FACT: {
        "period": Match("date", "date"),
        "team": Match("team_id"),
        "user": Match("user_id"),
        "tier": Match("tier_id"),
        "company": Match("company_id"),
    },
    COHORT: {
        "tier": Match("tier_id"),
        "company": Match("company_id"),
    },
}
NUMBER, PERCENT, DAYS = "#,##0", '0.0"%"', "0.0"
# code, title, format, whether lower is better
SCORECARDS = [
    ("customers", "Customers, Average", NUMBER, False),
    ("customers_new", "New Customers", NUMBER, False),
    ("customers_returned", "Returned Customers", NUMBER, False),
    ("customers_lost", "Lost Customers", NUMBER, True),
    ("revenue", "Revenue", NUMBER, False),
    ("retention", "Retention Rate", PERCENT, False),
    ("repeat_purchase", "Repeat Purchases", PERCENT, False),
    ("cac", "Acquisition Cost", NUMBER, True),
    ("conversion", "Conversion Rate", PERCENT, False),
    ("sales_cycle", "Sales Cycle in Days", DAYS, True),
]
# code, short title, format
PEOPLE = [
    ("customers", "Customers", NUMBER),
    ("customers_new", "New", NUMBER),
    ("customers_returned", "Returned", NUMBER),
    ("customers_lost", "Lost", NUMBER),
    ("retention", "Retention", PERCENT),
    ("repeat_purchase", "Repeat Purchases", PERCENT),
    ("conversion", "Conversion", PERCENT),
    ("sales_cycle", "Cycle in Days", DAYS),
    ("revenue", "Revenue", NUMBER),
]
COLLEAGUES = 15  # lines of the table; who has more filters by team
COHORTS = 18  # months of first purchase that are shown
AHEAD = 12  # months since the first purchase
PER_LINE = 5
CARD_HEIGHT = 100
CHART_HEIGHT = 320
ROW_HEIGHT = 23
START = f"today =1d -{COHORTS}m"


def build() -> Board:
    """Key figures with the period before, charts, then salespeople and cohorts."""
    board = Board(FILTERS, MATCHING, columns=[140, *[80] * AHEAD])
    _add_scorecards(board)
    top = 2 * (CARD_HEIGHT + GAP) + GAP
    half = (WIDTH - GAP) // 2
    board.chart(
        "flow", "bar", "Customers Who Came and Left", FACT, "value",
        ["date:month", "metric_id"], (0, top, half, CHART_HEIGHT), menu=MENU,
        domain=_metrics("customers_new", "customers_returned", "customers_lost"),
    )  # fmt: skip
    board.chart(
        "customers", "bar", "Customers by Tier", FACT, "value",
        ["date:month", "tier_id"], (half + GAP, top, half, CHART_HEIGHT), menu=MENU,
        domain=_metrics("customers"), stacked=True, colors=TIER_COLORS,
    )  # fmt: skip
    top += CHART_HEIGHT + GAP
    board.chart(
        "rates", "bar", "Retention and Repeat Purchases, in Percent", FACT, "value",
        ["date:month", "metric_id"], (0, top, half, CHART_HEIGHT), menu=MENU,
        domain=_metrics("retention", "repeat_purchase"),
    )  # fmt: skip
    board.chart(
        "revenue", "bar", "Revenue by Tier", FACT, "value",
        ["date:month", "tier_id"], (half + GAP, top, half, CHART_HEIGHT), menu=MENU,
        domain=_metrics("revenue"), stacked=True, colors=TIER_COLORS,
    )  # fmt: skip
    _add_tables(board, (top + CHART_HEIGHT + GAP) // ROW_HEIGHT + 2)
    return board


def _add_tables(board: Board, row: int) -> None:
    """Below the charts, from sheet row ``row`` on: what grows stands last."""
    # Not by the period above: what is looked at is the time since, whatever the period.
    cohorts = board.pivot(
        "First Purchase", COHORT, ["share:avg"], ["date:month"], ["months"],
        domain=[["months", ">", 0], ["months", "<=", AHEAD], ["date", ">=", START]],
    )  # fmt: skip
    title = "Cohorts: Percent Who Bought Again, by Months Since Their First Purchase"
    board.heading(f"A{row}", title, "crm_metric.menu_metric_cohort")
    board.table(
        row + 1, cohorts, "First Purchase", COHORTS, columns=AHEAD, number="0.0"
    )
    last = chr(ord("A") + AHEAD)
    board.heat(f"B{row + 2}:{last}{row + 1 + COHORTS}", COLORS["heat"])
    row += COHORTS + 3
    people = board.pivot(
        "Salesperson", FACT, ["value:avg"], ["user_id"], ["code"],
        domain=_metrics(*[code for code, *_rest in PEOPLE]),
    )  # fmt: skip
    board.heading(f"A{row}", "Salespeople", MENU)
    board.people(row + 1, people, "Salesperson", COLLEAGUES, PEOPLE)
    board.rows = row + COLLEAGUES + 2


def _add_scorecards(board: Board) -> None:
    """One pivot per period serves all key figures."""
    codes = [code for code, *_rest in SCORECARDS]
    current, before = (
        board.pivot(
            name, FACT, ["value:avg"], ["code"], domain=_metrics(*codes), offset=offset
        )
        for name, offset in (("Key figures", 0), ("Key figures before", -1))
    )
    width = (WIDTH - (PER_LINE - 1) * GAP) // PER_LINE
    for number, (code, title, text, lower_is_better) in enumerate(SCORECARDS):
        line, column = divmod(number, PER_LINE)
        row = board.data(
            number + 2,
            title,
            board.known(f'PIVOT.VALUE({current},"value:avg","code","{code}")'),
            f'=PIVOT.VALUE({before},"value:avg","code","{code}")',
            text,
        )
        place = (
            column * (width + GAP),
            GAP + line * (CARD_HEIGHT + GAP),
            width,
            CARD_HEIGHT,
        )
        board.scorecard(
            f"card_{code}",
            title,
            row,
            place,
            lower_is_better=lower_is_better,
            menu=MENU,
            background="#EFF6FF" if line == 0 else "#FFF7ED",
        )


def _metrics(*codes: str) -> list[list[object]]:
    return [["code", "in", list(codes)]]
