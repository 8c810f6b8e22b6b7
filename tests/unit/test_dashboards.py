"""The dashboards of the modules are what the generator makes, and they are sound."""

import doctest
import json
import re
from pathlib import Path

import pytest

from tools import dashboards
from tools.dashboards import board as board_module
from tools.dashboards.board import Board, Filter, Match

ROOT = Path(__file__).parents[2]


@pytest.fixture
def board() -> Board:
    return Board(
        [
            Filter("period", "Period", default="last_12_months"),
            Filter("team", "Team", "t"),
        ],
        {"x": {"period": Match("date", "date"), "team": Match("team_id")}, "y": {}},
    )


@pytest.mark.parametrize("name", dashboards.FILES)
def test_files_are_generated(name: str) -> None:
    """Change the specification, then `make dashboards`; not the file."""
    shipped = (ROOT / name).read_text(encoding="utf-8")
    assert shipped == dashboards.FILES[name]().to_json()
    assert re.search(r"/data/.+_dashboard\.json$", name), "texts would not be found"


@pytest.mark.parametrize("name", dashboards.FILES)
def test_formulas_name_what_exists(name: str) -> None:
    """Pivots and lists of formulas, and rows of key figures."""
    document = json.loads((ROOT / name).read_text(encoding="utf-8"))
    data = document["sheets"][1]["cells"]
    for sheet in document["sheets"]:
        for content in sheet["cells"].values():
            for kind, number in re.findall(r"(PIVOT|LIST)[.A-Z]*\((\d+)", content):
                assert number in document["pivots" if kind == "PIVOT" else "lists"]
    for figure in document["sheets"][0]["figures"]:
        for key in ("keyValue", "baseline"):
            if reference := figure["data"].get(key):
                assert reference.removeprefix("Data!") in data


@pytest.mark.parametrize("name", dashboards.FILES)
def test_figures_do_not_overlap(name: str) -> None:
    figures = dashboards.FILES[name]().figures
    boxes = [
        (f["offset"]["x"], f["offset"]["y"], f["width"], f["height"]) for f in figures
    ]
    for number, (x, y, width, height) in enumerate(boxes):
        for other_x, other_y, other_width, other_height in boxes[:number]:
            assert (
                x >= other_x + other_width
                or other_x >= x + width
                or y >= other_y + other_height
                or other_y >= y + height
            )


def test_write_says_what_changed(tmp_path: Path) -> None:
    assert dashboards.write(tmp_path) == list(dashboards.FILES)
    assert dashboards.write(tmp_path) == []
    first = tmp_path / next(iter(dashboards.FILES))
    first.write_text("{}", encoding="utf-8")
    assert dashboards.write(tmp_path) == [next(iter(dashboards.FILES))]


def test_filters_act_by_model(board: Board) -> None:
    """Each source takes the matching of its model, the period with its offset."""
    board.pivot("P", "x", ["value:avg"], ["date:month"], offset=-1)
    board.pivot("Q", "x", ["__count"], ["team_id"], skip=("period",))
    board.chart("c", "pie", "C", "y", "__count", ["z"], (0, 0, 10, 10))
    document = board.to_dict()
    assert document["pivots"]["1"]["fieldMatching"] == {
        "period": {"chain": "date", "type": "date", "offset": -1},
        "team": {"chain": "team_id", "type": "many2one"},
    }
    assert list(document["pivots"]["2"]["fieldMatching"]) == ["team"]
    assert document["pivots"]["1"]["rows"] == [
        {"fieldName": "date", "granularity": "month", "order": "asc"}
    ]
    assert document["sheets"][0]["figures"][0]["data"]["fieldMatching"] == {}


def test_a_model_without_matching_is_a_mistake(board: Board) -> None:
    with pytest.raises(KeyError):
        board.list("L", "unknown", ["name"], [("name", True)])


def test_figures_have_names_of_their_own(board: Board) -> None:
    board.scorecard("a", "A", 2, (0, 0, 1, 1))
    with pytest.raises(ValueError, match="two figures are called a"):
        board.scorecard("a", "B", 3, (0, 0, 1, 1))


def test_lower_may_be_better(board: Board) -> None:
    """The colours of up and down change places."""
    board.scorecard("a", "A", 2, (0, 0, 1, 1))
    board.scorecard("b", "B", 2, (2, 0, 1, 1), lower_is_better=True)
    higher, lower = (figure["data"] for figure in board.figures)
    assert higher["baselineColorUp"] == lower["baselineColorDown"]
    assert higher["baselineColorUp"] != lower["baselineColorUp"]


def test_cells(board: Board) -> None:
    board.heading("A1", "Teams", menu="m.menu_x")
    board.heading("A2", "Plain")
    board.cell("B1", "=PIVOT(1)", number="0.0")
    board.data(2, "Label", "=1", "=2", "0.0")
    document = board.to_dict()
    visible, data = document["sheets"]
    assert visible["cells"] == {
        "A1": "[Teams](odoo://ir_menu_xml_id/m.menu_x)",
        "A2": '=_t("Plain")',
        "B1": "=PIVOT(1)",
    }
    assert data["cells"] == {"A2": '=_t("Label")', "B2": "=1", "C2": "=2"}
    assert document["formats"] == {"1": "0.0"}
    assert document["styles"][str(visible["styles"]["A1"])]["fontSize"] == 16


def test_table(board: Board) -> None:
    """Titles that can be translated in a higher line, numbers formatted below."""
    pivot = board.pivot("N", "y", ["a:sum"], ["b"], ["c:month"])
    board.table(3, pivot, "Who", 5, columns=2, number="0.0")
    visible = board.to_dict()["sheets"][0]
    assert visible["cells"] == {
        "A3": '=_t("Who")',
        "B3": '=PIVOT.HEADER(1,"#c",1)',
        "C3": '=PIVOT.HEADER(1,"#c",2)',
        "A4": "=PIVOT(1,5,FALSE,FALSE,2,FALSE)",
    }
    assert list(visible["styles"]) == ["A3", "B3", "C3"]
    assert visible["formats"] == {"B4:C8": 1}
    assert list(visible["rows"]) == ["2"]


def test_table_of_measures(board: Board) -> None:
    pivot = board.pivot("N", "y", ["__count", "a:sum"], ["b"])
    board.table(1, pivot, "Who", 5, total=True)
    cells = board.to_dict()["sheets"][0]["cells"]
    assert cells["C1"] == '=PIVOT.HEADER(1,"measure","a:sum")'
    assert cells["A2"] == "=PIVOT(1,5,TRUE,FALSE,2,FALSE)"


def test_a_table_of_people(board: Board) -> None:
    """A column for each figure, known or not, in a format of its own."""
    pivot = board.pivot("N", "y", ["a:avg"], ["who"], ["code"])
    board.people(3, pivot, "Who", 2, [("n", "Number", "0"), ("r", "Rate", "0.0")])
    visible = board.to_dict()["sheets"][0]
    assert [visible["cells"][ref] for ref in ("A3", "B3", "C3")] == [
        '=_t("Who")',
        '=_t("Number")',
        '=_t("Rate")',
    ]
    assert visible["cells"]["A5"] == '=IFERROR(PIVOT.HEADER(1,"#who",2),"")'
    assert visible["cells"]["C4"] == (
        '=IFERROR(PIVOT.VALUE(1,"a:avg","#who",1,"code","r"),"")'
    )
    assert "A6" not in visible["cells"]
    assert visible["formats"] == {"B4:B5": 1, "C4:C5": 2}


def test_colours(board: Board) -> None:
    """Of the series in their order, and of cells by what they hold."""
    board.chart("c", "bar", "C", "y", "a", ["z"], (0, 0, 1, 1), colors=["#111111"])
    board.heat("B2:C3", "#7FC8C2")
    visible = board.to_dict()["sheets"][0]
    [figure] = visible["figures"]
    assert figure["data"]["dataSets"] == [{"backgroundColor": "#111111"}]
    [scale] = visible["conditionalFormats"]
    assert scale["ranges"] == ["B2:C3"]
    assert scale["rule"]["maximum"] == {"type": "value", "color": 0x7FC8C2}


def test_the_example_works() -> None:
    assert doctest.testmod(board_module).failed == 0
    assert doctest.testmod(board_module).attempted
