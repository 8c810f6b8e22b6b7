import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import split_every

from ..reports import XlsxTable
from ..reports.xlsx_table import MAX_ROWS

EXPORT_GROUP = "base.group_allow_export"
BATCH = 1000
# Sentences take most of the time: with more rows the file is figures only.
MAX_REASONS = 20_000
# What reading a domain raises that is none, in Python or in PostgreSQL.
MALFORMED = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError,
             ValueError, psycopg2.DataError, psycopg2.ProgrammingError)  # fmt: skip


class CrmValueExport(models.TransientModel):
    """The request of a user to export a list as an Excel file.

    Odoo's own export gives the columns one chooses, but neither the reasons in words
    nor the money in its currency, holds the whole file in memory and writes names
    that begin with "=" as formulas. It remains for everything else.

    The columns are those of ``_get_export_columns`` of the exported model: a list of
    (header, kind of ``XlsxTable``, function of a record), see :meth:`_get_columns`;
    it is told whether the rows are few enough for reasons in words.
    """

    _name = "crm.value.export"
    _inherit = "crm.erasable.mixin"
    _description = "Export of Customer Value"
    _erasable_texts = ("record_domain",)

    res_model = fields.Selection(
        [
            ("crm.value.profile", "Customer Value"),
            ("crm.value.transition", "Value Changes"),
        ],
        required=True,
    )
    record_domain = fields.Json(help="Which records, as a domain.")
    company_ids = fields.Json(
        readonly=True,
        help="Ids of the companies that were chosen: the file is what the list was.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        chosen = self.env.companies.ids
        exports = super().create(
            [{**vals, "company_ids": chosen} for vals in vals_list]
        )
        for export in exports:
            export._check_domain()
        return exports

    def _check_domain(self):
        """A remote caller may send anything: find out while there is somebody to tell.

        :raise UserError: when no list can be found with it
        """
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                self._get_model().search_count(self.record_domain or [], limit=1)
        except AccessError:
            raise
        except (UserError, *MALFORMED) as error:
            raise UserError(
                self.env._("The filter of the list cannot be read. Choose another one.")
            ) from error

    def _get_model(self):
        """The model to export, for the companies chosen when it was asked for."""
        return self.env[self.res_model].with_context(
            allowed_company_ids=self.company_ids
        )

    @api.model
    def _check_may_export(self):
        if not self.env.user.has_group(EXPORT_GROUP):
            raise AccessError(
                self.env._(
                    "You may not export data. Ask an administrator to set “Export” to "
                    "“Allowed” in your access rights."
                )
            )

    @api.model
    def _request(self, records):
        """What a list's button does: remember what to export, and go and fetch it.

        :param records: the selected records; empty, or more than the web client sends,
            stand for all that the list shows, the context's ``active_domain``
        :return: action
        """
        self._check_may_export()
        records.check_access("read")
        limit = self.env["ir.config_parameter"].sudo()
        limit = int(limit.get_param("web.active_ids_limit", 20000))
        domain = [("id", "in", records.ids)]
        if not 0 < len(records) < limit:
            domain = self.env.context.get("active_domain") or []
        export = self.create({"res_model": records._name, "record_domain": domain})
        export._check_size()
        return {
            "type": "ir.actions.act_url",
            "url": f"/crm_value_tiering/export/{export.id}",
            "target": "download",
        }

    def _check_size(self):
        self.ensure_one()
        count = self._get_model().search_count(self.record_domain or [], limit=MAX_ROWS)
        if count >= MAX_ROWS:
            raise UserError(
                self.env._(
                    "An Excel sheet fits %(limit)s rows, and there are more. Filter "
                    "the list, by tier or salesperson for instance, and export the "
                    "parts; or read the figures through the API.",
                    limit=MAX_ROWS - 1,
                )
            )

    def _get_filename(self):
        name = dict(self._fields["res_model"]._description_selection(self.env))
        return f"{name[self.res_model]} {fields.Date.context_today(self)}.xlsx"

    def _write_xlsx(self, output):
        """Write the workbook to the binary file ``output``, a batch at a time."""
        self.ensure_one()
        self._check_may_export()
        self._check_domain()
        self._check_size()
        model = self._get_model()
        records = model.search(self.record_domain or [])
        columns = model._get_export_columns(len(records) <= MAX_REASONS)
        table = XlsxTable(
            output,
            [(header, kind) for header, kind, _get in columns],
            self._get_money_formats(model.env.companies.currency_id),
        )
        for ids in split_every(BATCH, records.ids):
            batch = model.browse(ids)
            for record in batch:
                table.write_row([get(record) for _header, _kind, get in columns])
            # a million customers must not stay in memory
            self.env.invalidate_all(flush=False)
        table.close()

    @api.model
    def _get_money_formats(self, currencies):
        """Number formats of Excel by currency, as the currency is written."""
        formats = {}
        for currency in currencies:
            digits = "#,##0"
            if currency.decimal_places:
                digits += "." + "0" * currency.decimal_places
            symbol = '"{}"'.format((currency.symbol or currency.name).replace('"', ""))
            parts = [symbol, digits]
            if currency.position == "after":
                parts = [digits, " ", symbol]
            formats[currency.id] = "".join(parts)
        return formats

    # ------------------------------------------------------------------ columns
    @api.model
    def _get_columns(self, model, names, percents=()):
        """Columns of the plain fields ``names`` of ``model``, headed by their labels.

        :param percents: those that are shares of 1
        """
        columns = [self._get_column(model._fields[name]) for name in names]
        return [
            (header, "percent" if name in percents else kind, get)
            for name, (header, kind, get) in zip(names, columns, strict=True)
        ]

    @api.model
    def _get_column(self, field):
        name, header = field.name, field._description_string(self.env)
        if field.type == "many2one":
            # as any list shows it to its readers
            return header, "text", lambda r: r.sudo()[name].display_name or ""
        if field.type == "selection":
            labels = dict(field._description_selection(self.env))
            return header, "text", lambda r: labels.get(r[name], "")
        if field.type == "monetary":
            return header, "money", lambda r: (r[name], r.currency_id.id)
        if field.type == "float":
            return header, "number", lambda r: r[name]
        kinds = {"integer": "integer", "date": "date", "text": "sentence"}
        return header, kinds.get(field.type, "text"), lambda r: r[name]
