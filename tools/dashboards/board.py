"""What the dashboards have in common: a small builder of o-spreadsheet's JSON.

A board has two sheets. On the first the reader sees figures (charts and key figures,
placed in pixels) and tables; the second, "Data", holds the formulas that the key figures
read. Pivots, charts and lists share the filters: how each model is filtered is said once.

>>> board = Board(
...     filters=[Filter("period", "Period", default="last_12_months")],
...     matching={"sale.order": {"period": Match("date_order", "datetime")}},
... )
>>> orders = board.pivot("Orders", "sale.order", ["amount_untaxed:sum"], [])
>>> row = board.data(1, "Revenue", f'=PIVOT.VALUE({orders},"amount_untaxed:sum")')
>>> board.scorecard("revenue", "Revenue", row, (0, 0, 180, 100), baseline=False)
>>> board.heading("A6", "Revenue by Team")
>>> teams = board.pivot("Teams", "sale.order", ["amount_untaxed:sum"], ["team_id"])
>>> board.table(7, teams, "Sales Team", count=10, titles=["Revenue"], number="#,##0")
>>> [figure["id"] for figure in board.figures]
['revenue']
>>> board.cells["A8"]
'=PIVOT(2,10,FALSE,FALSE,1,FALSE)'
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.dashboards.document import COLORS, LOCALE, STYLES, VERSION, empty_sheet
from tools.dashboards.filters import Filter, Match

WIDTH = 1100
GAP = 12
Domain = list[Any]


@dataclass
class Board:
    """A dashboard under construction.

    :param matching: model → filter key → :class:`Match`
    """

    filters: list[Filter]
    matching: dict[str, dict[str, Match]]
    columns: list[int] = field(default_factory=lambda: [260, *[120] * 7])
    pivots: dict[str, Any] = field(default_factory=dict)
    lists: dict[str, Any] = field(default_factory=dict)
    figures: list[dict[str, Any]] = field(default_factory=list)
    cells: dict[str, str] = field(default_factory=dict)
    styles: dict[str, int] = field(default_factory=dict)
    formats: dict[str, int] = field(default_factory=dict)
    heights: dict[int, int] = field(default_factory=dict)
    data_cells: dict[str, str] = field(default_factory=dict)
    data_formats: dict[str, int] = field(default_factory=dict)
    format_ids: dict[str, int] = field(default_factory=dict)
    menus: dict[str, str] = field(default_factory=dict)
    scales: list[dict[str, Any]] = field(default_factory=list)
    rows: int = 60

    # ------------------------------------------------------------- data sources
    def pivot(
        self,
        name: str,
        model: str,
        measures: list[str],
        rows: list[str],
        columns: list[str] | None = None,
        *,
        domain: Domain | None = None,
        offset: int = 0,
        skip: tuple[str, ...] = (),
        sort: tuple[str, str] | None = None,
    ) -> int:
        """Add a pivot; a dimension is ``field`` or ``field:granularity``.

        :param measures: ``field:aggregate`` or ``__count``
        :param offset: -1 reads the period before the chosen one
        :param skip: keys of filters that do not act on it
        :param sort: measure and ``asc`` or ``desc``
        :return: its number in formulas
        """
        number = len(self.pivots) + 1
        definition: dict[str, Any] = {
            "type": "ODOO",
            "id": str(number),
            "formulaId": str(number),
            "name": name,
            "model": model,
            "domain": domain or [],
            "context": {},
            "rows": [self._dimension(row) for row in rows],
            "columns": [self._dimension(column) for column in columns or []],
            "measures": [self._measure(measure) for measure in measures],
            "fieldMatching": self._field_matching(model, offset, skip),
        }
        if sort:
            measure, order = sort
            definition["sortedColumn"] = {
                "measure": measure,
                "order": order,
                "domain": [],
            }
        self.pivots[str(number)] = definition
        return number

    def list(
        self,
        name: str,
        model: str,
        columns: list[str],
        order: list[tuple[str, bool]],
        *,
        domain: Domain | None = None,
        skip: tuple[str, ...] = (),
    ) -> int:
        """Add a list of records; ``order`` is pairs of field and ascending."""
        number = len(self.lists) + 1
        self.lists[str(number)] = {
            "id": str(number),
            "name": name,
            "model": model,
            "columns": columns,
            "domain": domain or [],
            "context": {},
            "orderBy": [{"name": name, "asc": ascending} for name, ascending in order],
            "fieldMatching": self._field_matching(model, 0, skip),
        }
        return number

    # ------------------------------------------------------------------- figures
    def chart(
        self,
        key: str,
        kind: str,
        title: str,
        model: str,
        measure: str,
        groupby: list[str],
        place: tuple[int, int, int, int],
        *,
        domain: Domain | None = None,
        menu: str = "",
        stacked: bool = False,
        legend: str = "top",
        order: str | None = None,
        axis: str = "",
        colors: Sequence[str] = (),
        skip: tuple[str, ...] = (),
    ) -> None:
        """Add a chart of Odoo's records.

        :param kind: ``bar``, ``line`` or ``pie``
        :param measure: field (its own aggregate is taken) or ``__count``
        :param place: x, y, width, height in pixels
        :param menu: xml id of what opens on a click
        :param axis: title of the value axis
        :param colors: of the series, in their order; more of them get the usual ones
        """
        data = {
            "type": f"odoo_{kind}",
            "title": self._title(title),
            "background": "#FFFFFF",
            "legendPosition": legend,
            "metaData": {
                "groupBy": groupby,
                "measure": measure,
                "order": order,
                "resModel": model,
                "mode": kind,
                "cumulatedStart": False,
            },
            "searchParams": {
                "comparison": None,
                "context": {},
                "domain": domain or [],
                "groupBy": groupby,
                "orderBy": [],
            },
            "dataSets": [{"backgroundColor": color} for color in colors] or [{}],
            "fieldMatching": self._field_matching(model, 0, skip),
        }
        if kind != "pie":
            data |= {
                "verticalAxisPosition": "left",
                "stacked": stacked,
                "cumulatedStart": False,
            }
            if axis:
                data["axesDesign"] = {"y": {"title": {"text": axis}}}
        self._figure(key, data, place, menu)

    def scorecard(
        self,
        key: str,
        title: str,
        row: int,
        place: tuple[int, int, int, int],
        *,
        baseline: bool = True,
        lower_is_better: bool = False,
        description: str = "vs. before",
        menu: str = "",
        background: str = "#EFF6FF",
    ) -> None:
        """Add a key figure: value in column B, that of the period before in column C.

        :param row: of the sheet "Data", see :meth:`data`
        """
        good, bad = COLORS["good"], COLORS["bad"]
        data = {
            "type": "scorecard",
            "title": self._title(title),
            "background": background,
            "keyValue": f"Data!B{row}",
            "humanize": False,  # it would swallow the dash of an unknown figure
            "baselineMode": "percentage",
            "baselineColorUp": bad if lower_is_better else good,
            "baselineColorDown": good if lower_is_better else bad,
        }
        if baseline:
            data |= {
                "baseline": f"Data!C{row}",
                "baselineDescr": {"text": description},
            }
        elif description:
            data["baselineDescr"] = {"text": description}
        self._figure(key, data, place, menu)

    # --------------------------------------------------------------------- cells
    def cell(self, ref: str, content: str, style: str = "", number: str = "") -> None:
        """Fill a cell of the visible sheet; texts as ``=_t("…")`` are translated."""
        self.cells[ref] = content
        if style:
            self.styles[ref] = list(STYLES).index(style) + 1
        if number:
            self.formats[ref] = self._format(number)

    def table(
        self,
        row: int,
        pivot: int,
        title: str,
        count: int,
        *,
        columns: int = 1,
        titles: Sequence[str] = (),
        total: bool = False,
        number: str = "",
    ) -> None:
        """Fill a table from column A: a line of wrapped titles, then ``count`` rows.

        The titles are formulas of their own: in the corner of its own titles a pivot
        shows its name, and names of pivots cannot be translated.

        :param title: of the first column
        :param columns: of a pivot with a column dimension, how many of its values
        :param titles: of the measures; without any the names of the fields
        :param total: whether to add a row of totals
        """
        definition = self.pivots[str(pivot)]
        if titles:
            formulas = [f'=_t("{text}")' for text in titles]
        elif definition["columns"]:
            (dimension,) = definition["columns"]
            name = dimension["fieldName"]
            formulas = [
                f'=PIVOT.HEADER({pivot},"#{name}",{position})'
                for position in range(1, columns + 1)
            ]
        else:
            formulas = [
                f'=PIVOT.HEADER({pivot},"measure","{measure["id"]}")'
                for measure in definition["measures"]
            ]
        self.cell(f"A{row}", f'=_t("{title}")', "texts")
        for column, formula in enumerate(formulas, start=1):
            self.cell(f"{chr(ord('A') + column)}{row}", formula, "titles")
        width = len(formulas)
        self.cells[f"A{row + 1}"] = (
            f"=PIVOT({pivot},{count},{str(total).upper()},FALSE,{width},FALSE)"
        )
        if number:
            last = chr(ord("A") + width)
            self.formats[f"B{row + 1}:{last}{row + count}"] = self._format(number)
        self.heights[row] = 60

    def people(
        self,
        row: int,
        pivot: int,
        title: str,
        count: int,
        columns: Sequence[tuple[str, str, str]],
    ) -> None:
        """Fill a table with a line for each value of the pivot's only row dimension.

        Unlike :meth:`table`, a column is there whether the pivot has its figure or not,
        has a title of its own and a format that suits it.

        :param columns: value of the pivot's only column dimension, title, format
        """
        definition = self.pivots[str(pivot)]
        (line,), (dimension,) = definition["rows"], definition["columns"]
        line, dimension = line["fieldName"], dimension["fieldName"]
        measure = definition["measures"][0]["id"]
        self.cell(f"A{row}", f'=_t("{title}")', "texts")
        self.heights[row] = 40
        for place, (key, name, number) in enumerate(columns, start=1):
            column = chr(ord("A") + place)
            self.cell(f"{column}{row}", f'=_t("{name}")', "titles")
            self.formats[f"{column}{row + 1}:{column}{row + count}"] = self._format(
                number
            )
            for position in range(1, count + 1):
                self.cells[f"{column}{row + position}"] = (
                    f'=IFERROR(PIVOT.VALUE({pivot},"{measure}","#{line}",{position},'
                    f'"{dimension}","{key}"),"")'
                )
        for position in range(1, count + 1):
            self.cells[f"A{row + position}"] = (
                f'=IFERROR(PIVOT.HEADER({pivot},"#{line}",{position}),"")'
            )

    def heat(self, zone: str, color: str) -> None:
        """Colour cells by what they hold, from white to ``color`` for the highest."""
        self.scales.append(
            {
                "id": f"heat{len(self.scales) + 1}",
                "ranges": [zone],
                "rule": {
                    "type": "ColorScaleRule",
                    "minimum": {"type": "value", "color": 0xFFFFFF},
                    "maximum": {"type": "value", "color": int(color[1:], 16)},
                },
            }
        )

    def heading(self, ref: str, text: str, menu: str = "") -> None:
        """A heading, which opens ``menu`` on a click."""
        link = f"[{text}](odoo://ir_menu_xml_id/{menu})"
        self.cell(ref, link if menu else f'=_t("{text}")', "heading")

    @staticmethod
    def known(formula: str) -> str:
        """A figure, or a dash where there is none: an empty card looks broken."""
        return f'=IF({formula}="","–",{formula})'

    def data(
        self, row: int, label: str, current: str, before: str = "", number: str = ""
    ) -> int:
        """Fill a row of the sheet "Data": label, current figure, the one before."""
        self.data_cells[f"A{row}"] = f'=_t("{label}")'
        for column, formula in (("B", current), ("C", before)):
            if formula:
                self.data_cells[f"{column}{row}"] = formula
                if number:
                    self.data_formats[f"{column}{row}"] = self._format(number)
        return row

    # -------------------------------------------------------------------- output
    def to_dict(self) -> dict[str, Any]:
        """The document as the web client loads it."""
        visible = empty_sheet("dashboard", "Dashboard") | {
            "rowNumber": self.rows,
            "colNumber": len(self.columns),
            "cols": {str(n): {"size": size} for n, size in enumerate(self.columns)},
            "rows": {
                str(row - 1): {"size": size} for row, size in self.heights.items()
            },
            "cells": self.cells,
            "styles": self.styles,
            "formats": self.formats,
            "figures": self.figures,
            "conditionalFormats": self.scales,
            "areGridLinesVisible": False,
        }
        hidden = empty_sheet("data", "Data") | {
            "cols": {"0": {"size": 260}, "1": {"size": 120}, "2": {"size": 120}},
            "cells": self.data_cells,
            "formats": self.data_formats,
        }
        return {
            "version": VERSION,
            "sheets": [visible, hidden],
            "styles": {str(n): STYLES[name] for n, name in enumerate(STYLES, start=1)},
            "formats": {str(number): text for text, number in self.format_ids.items()},
            "borders": {},
            "revisionId": "START_REVISION",
            "uniqueFigureIds": True,
            "settings": {"locale": LOCALE},
            "customTableStyles": {},
            "pivots": self.pivots,
            "pivotNextId": len(self.pivots) + 1,
            "lists": self.lists,
            "listNextId": len(self.lists) + 1,
            "globalFilters": [one.to_dict() for one in self.filters],
            "chartOdooMenusReferences": self.menus,
        }

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), indent=1, ensure_ascii=False) + "\n"

    # --------------------------------------------------------------------- parts
    def _figure(
        self,
        key: str,
        data: dict[str, Any],
        place: tuple[int, int, int, int],
        menu: str,
    ) -> None:
        x, y, width, height = place
        if any(figure["id"] == key for figure in self.figures):
            raise ValueError(f"two figures are called {key}")
        self.figures.append(
            {
                "id": key,
                "tag": "chart",
                "width": width,
                "height": height,
                "col": 0,
                "row": 0,
                "offset": {"x": x, "y": y},
                "data": {"chartId": key, **data},
            }
        )
        if menu:
            self.menus[key] = menu

    def _field_matching(
        self, model: str, offset: int, skip: tuple[str, ...]
    ) -> dict[str, Any]:
        """How the board's filters act on a data source."""
        result = {}
        for one in self.filters:
            match = self.matching[model].get(one.key)
            if match and one.key not in skip:
                result[one.key] = {"chain": match.chain, "type": match.type}
                if not one.model:
                    result[one.key]["offset"] = offset
        return result

    def _dimension(self, text: str) -> dict[str, str]:
        name, _, granularity = text.partition(":")
        extra = {"granularity": granularity, "order": "asc"} if granularity else {}
        return {"fieldName": name, **extra}

    def _measure(self, text: str) -> dict[str, str]:
        name, _, aggregator = text.partition(":")
        extra = {"aggregator": aggregator} if aggregator else {}
        return {"id": text, "fieldName": name, **extra}

    def _title(self, text: str) -> dict[str, Any]:
        return {"text": text, "bold": True, "color": COLORS["text"]}

    def _format(self, text: str) -> int:
        return self.format_ids.setdefault(text, len(self.format_ids) + 1)
