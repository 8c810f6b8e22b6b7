"""The board "Customer Value" of crm_value_tiering: what customers are worth."""

from __future__ import annotations

from tools.dashboards.board import GAP, WIDTH, Board
from tools.dashboards.document import COLORS, RISK_COLORS, TIER_COLORS
from tools.dashboards.filters import Filter, Match

PROFILE = "crm.value.profile"
CHANGE = "crm.value.transition"
CUSTOMERS = "crm_value_tiering.menu_value_profile"
MOVES = "crm_value_tiering.menu_value_moves"

FILTERS = [
    Filter("period", "Period of Changes", default="last_90_days"),
    Filter("tier", "Tier", "crm.value.tier"),
    Filter("user", "Salesperson", "res.users"),
    Filter("company", "Company", "res.company"),
]
MATCHING = {
    PROFILE: {
        "tier": Match("tier_id"),
        "user": Match("user_id"),
        "company": Match("company_id"),
    },
    CHANGE: {
        "period": Match("date", "date"),
        "tier": Match("to_tier_id"),
        "user": Match("user_id"),
        "company": Match("company_id"),
    },
}
BOUGHT = [["purchase_days", ">", 0], ["partner_id.active", "=", True]]
AT_RISK = [*BOUGHT, ["churn_level", "=", "high"], ["lifecycle", "!=", "lost"]]
MOVED = [
    ["kind", "=", "tier"],
    ["direction", "in", ["up", "down"]],
    ["is_merged", "=", False],
]
NUMBER, SCORE = "#,##0", "0.0"
COUNT, REVENUE, LIFETIME = "__count", "revenue_year:sum", "clv_predictive:sum"
PER_LINE = 4
CARD_HEIGHT = 100
CHART_HEIGHT = 300
TOP = 10
# Columns of the best customers that hold texts: titles stand where the texts begin.
TEXTS = ("partner_id", "tier_id", "lifecycle", "churn_level")
# The table of tiers shows that many; the charts show all.
MAX_TIERS = 6
# As wide as the figures; the third and fourth hold the longest headers.
COLUMNS = [190, 110, 170, 170, 110, 120, 120, 110]
# Rows are 23 pixels high: the first one below the figures.
ROW_HEIGHT = 23


def build() -> Board:
    """Key figures, charts by tier, stage, risk and month, a table and the best."""
    board = Board(FILTERS, MATCHING, columns=COLUMNS)
    _add_scorecards(board)
    bottom = _add_charts(board, GAP + 2 * (CARD_HEIGHT + GAP))
    row = bottom // ROW_HEIGHT + 2
    row = _add_table(board, row)
    board.rows = _add_best(board, row) + 2
    return board


def _add_scorecards(board: Board) -> None:
    """The present above, risk and what changed in the period below."""
    measures = [COUNT, REVENUE, LIFETIME, "value_score:avg"]
    worth = board.pivot("Customers", PROFILE, measures, [], domain=BOUGHT)
    risk = board.pivot("At risk", PROFILE, [COUNT, REVENUE], [], domain=AT_RISK)
    now, before = (
        board.pivot(name, CHANGE, [COUNT], ["direction"], domain=MOVED, offset=offset)
        for name, offset in (("Moves", 0), ("Moves before", -1))
    )
    # title, formula, the one of the period before, format, menu, lower is better
    cards = [
        ("Customers", _value(worth, COUNT), "", NUMBER, CUSTOMERS, False),
        ("Annual Revenue", _value(worth, REVENUE), "", NUMBER, CUSTOMERS, False),
        ("Lifetime Value", _value(worth, LIFETIME), "", NUMBER, CUSTOMERS, False),
        ("Average Score", _value(worth, measures[3]), "", SCORE, CUSTOMERS, False),
        ("At High Risk", _value(risk, COUNT), "", NUMBER, CUSTOMERS, True),
        ("Revenue at High Risk", _value(risk, REVENUE), "", NUMBER, CUSTOMERS, True),
        ("Moved Up", _moved(now, "up"), _moved(before, "up"), NUMBER, MOVES, False),
        (
            "Moved Down",
            _moved(now, "down"),
            _moved(before, "down"),
            NUMBER,
            MOVES,
            True,
        ),
    ]
    width = (WIDTH - (PER_LINE - 1) * GAP) // PER_LINE
    for number, (title, current, past, text, menu, lower) in enumerate(cards):
        line, column = divmod(number, PER_LINE)
        place = (
            column * (width + GAP),
            GAP + line * (CARD_HEIGHT + GAP),
            width,
            CARD_HEIGHT,
        )
        board.scorecard(
            f"card_{number}",
            title,
            board.data(
                number + 2, title, f"={_or_zero(current)}", past and f"={past}", text
            ),
            place,
            baseline=bool(past),
            lower_is_better=lower,
            description="vs. before" if past else "",
            menu=menu,
            background="#EFF6FF" if line == 0 else "#FFF7ED",
        )


def _add_charts(board: Board, top: int) -> int:
    """Four charts, two by two; returns where they end."""
    half = (WIDTH - GAP) // 2
    left, right = 0, half + GAP
    second = top + CHART_HEIGHT + GAP
    board.chart(
        "customers_tier", "bar", "Customers by Tier", PROFILE, "__count",
        ["tier_id"], (left, top, half, CHART_HEIGHT), menu=CUSTOMERS, domain=BOUGHT,
        legend="none",
    )  # fmt: skip
    board.chart(
        "lifetime_tier", "bar", "Lifetime Value by Tier and Churn Risk", PROFILE,
        "clv_predictive", ["tier_id", "churn_level"],
        (right, top, half, CHART_HEIGHT), menu=CUSTOMERS, domain=BOUGHT, stacked=True,
        colors=RISK_COLORS,
    )  # fmt: skip
    board.chart(
        "revenue_stage", "bar", "Annual Revenue by Lifecycle Stage and Tier", PROFILE,
        "revenue_year", ["lifecycle", "tier_id"],
        (left, second, half, CHART_HEIGHT), menu=CUSTOMERS, domain=BOUGHT, stacked=True,
        colors=TIER_COLORS,
    )  # fmt: skip
    board.chart(
        "moves", "bar", "Customers Who Moved Up or Down", CHANGE, "__count",
        ["date:month", "direction"], (right, second, half, CHART_HEIGHT), menu=MOVES,
        domain=MOVED, colors=(COLORS["bad"], COLORS["good"]),
    )  # fmt: skip
    return second + CHART_HEIGHT


def _add_table(board: Board, row: int) -> int:
    """What the tiers are worth, in figures; returns the row below."""
    tiers = board.pivot(
        "By tier",
        PROFILE,
        [COUNT, REVENUE, LIFETIME, "value_score:avg"],
        ["tier_id"],
        domain=BOUGHT,
    )
    board.heading(f"A{row}", "Tiers", CUSTOMERS)
    titles = ("Customers", "Annual Revenue", "Lifetime Value", "Average Score")
    board.table(row + 1, tiers, "Tier", MAX_TIERS, titles=titles, total=True)
    return row + MAX_TIERS + 5


def _add_best(board: Board, row: int) -> int:
    """The customers with the highest lifetime value; returns the last row."""
    columns = [
        "partner_id",
        "tier_id",
        "clv_predictive",
        "revenue_year",
        "purchase_days",
        "last_purchase",
        "lifecycle",
        "churn_level",
    ]
    best = board.list(
        "Best customers",
        PROFILE,
        columns,
        [("clv_predictive", False), ("id", True)],
        domain=BOUGHT,
    )
    board.heading(f"A{row}", "Highest Lifetime Values", CUSTOMERS)
    for index, name in enumerate(columns):
        column = chr(ord("A") + index)
        board.cell(
            f"{column}{row + 1}",
            f'=ODOO.LIST.HEADER({best},"{name}")',
            "texts" if name in TEXTS else "titles",
        )
        for number in range(1, TOP + 1):
            board.cell(
                f"{column}{row + 1 + number}", f'=ODOO.LIST({best},{number},"{name}")'
            )
    board.heights[row + 1] = 40
    return row + 1 + TOP


def _value(pivot: int, measure: str) -> str:
    return f'PIVOT.VALUE({pivot},"{measure}")'


def _moved(pivot: int, direction: str) -> str:
    return f'PIVOT.VALUE({pivot},"__count","direction","{direction}")'


def _or_zero(formula: str) -> str:
    """Nobody moved is 0, not an empty card; before, growth from 0 is infinite."""
    return f'IF({formula}="",0,{formula})'
