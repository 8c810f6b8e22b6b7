from .xlsx_table import XlsxTable
