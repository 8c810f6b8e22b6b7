"""A table in an Excel file, written row by row: no Odoo, no database."""

import xlsxwriter

# What a sheet of Excel holds, its header included.
MAX_ROWS = 1_048_576
MAX_TEXT = 32_767

WIDTHS = {"text": 24, "sentence": 60, "date": 12, "money": 16}


class XlsxTable:
    """One sheet with a header; each row is on disk before the next one is written.

    Texts are texts: a customer called ``=HYPERLINK(...)`` is a name, not a formula.

    :param output: binary file
    :param columns: list of (header, kind) with a kind of text, sentence, integer,
        number, percent, date or money; a value of money is (amount, key of a format)
    :param money_formats: dict key → number format of Excel
    :param date_format: number format of Excel
    """

    def __init__(self, output, columns, money_formats, date_format="yyyy-mm-dd"):
        self.columns = columns
        self.workbook = xlsxwriter.Workbook(
            output,
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        add_format = self.workbook.add_format
        self.formats = {
            "integer": add_format({"num_format": "#,##0"}),
            "number": add_format({"num_format": "#,##0.00"}),
            "percent": add_format({"num_format": "0.0%"}),
            "date": add_format({"num_format": date_format}),
        }
        self.money_formats = {
            key: add_format({"num_format": code}) for key, code in money_formats.items()
        }
        self.sheet = self.workbook.add_worksheet()
        self.sheet.freeze_panes(1, 1)
        bold = add_format({"bold": True, "text_wrap": True, "valign": "top"})
        for index, (header, kind) in enumerate(columns):
            self.sheet.set_column(index, index, WIDTHS.get(kind, 12))
            self.sheet.write_string(0, index, header, bold)
        self.row_count = 0

    def write_row(self, values):
        """Add a row; None and False leave a cell empty, a text of nothing too."""
        self.row_count += 1
        if self.row_count >= MAX_ROWS:
            raise ValueError("too many rows for a sheet")
        for index, ((_header, kind), value) in enumerate(
            zip(self.columns, values, strict=True)
        ):
            if value is None or value is False or value == "":
                continue
            if kind in ("text", "sentence"):
                self.sheet.write_string(self.row_count, index, value[:MAX_TEXT])
            elif kind == "date":
                self.sheet.write_datetime(
                    self.row_count, index, value, self.formats["date"]
                )
            elif kind == "money":
                amount, key = value
                self.sheet.write_number(
                    self.row_count, index, amount, self.money_formats[key]
                )
            else:
                self.sheet.write_number(
                    self.row_count, index, value, self.formats[kind]
                )

    def close(self):
        """Finish the file; the header filters the columns."""
        self.sheet.autofilter(0, 0, self.row_count, len(self.columns) - 1)
        self.workbook.close()
