from odoo import api, fields, models
from odoo.tools import format_amount, formatLang


class CrmExplanationMixin(models.AbstractModel):
    """A record that says why its figures are what they are.

    A model inherits this and adds its parts to what :meth:`_get_explanation` of ``super``
    returns. One template, ``crm_value_tiering.explanation``, shows them in
    ``explanation_html``; on views, the widgets ``explanation`` (in place) and
    ``explanation_button`` (in a dialog) show that field.

    An explanation is made when somebody looks: nothing is stored, so it cannot disagree
    with the figures. All who may read the record may read it; a model whose readers must
    not all see it declares ``explanation_html`` again, with ``groups``.
    """

    _name = "crm.explanation.mixin"
    _description = "Explained Figures"

    explanation_html = fields.Html(
        string="Why",
        compute="_compute_explanation_html",
        sanitize=False,  # of the template, which escapes whatever it is given
        help="How the figures came about, in words.",
    )

    @api.depends_context("lang", "tz", "uid")
    def _compute_explanation_html(self):
        for record in self:
            record.explanation_html = record._render_explanation()

    def _get_explanation(self):
        """Hook: why the record says what it says, as plain texts in the user's language.

        The parts give the shown figures: the rows of a table add up to its total, and a
        formula gives its amount.

        Calls ``super`` first: the rights are checked there, so that an override may read
        as superuser the names of what the record refers to.

        :return: dict, JSON-able; each may be empty:

            - ``summary``: list of sentences, the most important one first
            - ``tables``: list of dicts, see :meth:`_prepare_table`
            - ``values``: list of dicts ``label``, ``amount``, ``formula``: figures, and
              how they are reached
            - ``notes``: list of sentences on what to bear in mind
        """
        self.ensure_one()
        self.check_access("read")
        return {"summary": [], "tables": [], "values": [], "notes": []}

    def _get_explanation_charts(self):
        """Hook: pictures, for those who look; called after :meth:`_get_explanation`.

        :return: list of dicts, see :meth:`_prepare_chart`
        """
        return []

    def _render_explanation(self):
        """The explanation as HTML."""
        why = self._get_explanation()
        return self.env["ir.qweb"]._render(
            "crm_value_tiering.explanation",
            {"why": why, "charts": self._get_explanation_charts()},
        )

    @api.model
    def _prepare_table(self, columns, rows, *, total=None, title="", note=""):
        """A table of an explanation.

        :param columns: list of tuples (name, label) or (name, label, alignment); the
            alignment is ``start``, ``center`` or ``end``. The first column names the row.
        :param rows: list of dicts, name of the column → text. A line break in a text
            begins the remark that stands below it in grey.
        :param total: the same for the last row, or None
        :param note: a sentence below the table
        :return: dict ``title``, ``columns`` (dicts ``name``, ``label``, ``align``),
            ``rows``, ``total``, ``note``
        """
        return {
            "title": title,
            "columns": [
                {"name": name, "label": label, "align": align[0] if align else "start"}
                for name, label, *align in columns
            ],
            "rows": rows,
            "total": total,
            "note": note,
        }

    @api.model
    def _prepare_chart(self, title, points):
        """Bars side by side, for what people would rather look at than read.

        :param points: list of tuples (label, value, text): below the bar, its height,
            above it. A value below 0 has no bar; its text is shown.
        :return: dict ``title`` and ``bars``, dicts ``label``, ``text`` and ``height`` in
            percent of the highest
        """
        highest = max((value for _label, value, _text in points), default=0)
        return {
            "title": title,
            "bars": [
                {
                    "label": label,
                    "text": text,
                    "height": round(100 * max(value, 0) / highest)
                    if highest > 0
                    else 0,
                }
                for label, value, text in points
            ],
        }

    def _get_label(self, name):
        """Label of the selection field ``name`` for its value, "" without one."""
        self.ensure_one()
        labels = dict(self._fields[name]._description_selection(self.env))
        return labels.get(self[name], "")

    # ------------------------------------------------------------------ formats
    def _format_money(self, amount, currency=None):
        """``amount`` of ``currency``; default: the record's ``currency_id``."""
        return format_amount(self.env, amount, currency or self.currency_id)

    @api.model
    def _format_rate(self, percent, digits=None):
        """``percent``, 0 to 100; default: one decimal, or none if it is 0."""
        if digits is None:
            digits = 0 if percent == round(percent) else 1
        return f"{formatLang(self.env, percent, digits=digits)} %"

    @api.model
    def _format_percent(self, share):
        """``share``, 0 to 1, in whole percent."""
        return self._format_rate(round(100 * share))

    @api.model
    def _format_points(self, points, digits=None):
        """A number with ``digits`` decimals; default: two, or none if they are 0."""
        if digits is None:
            digits = 0 if points == round(points) else 2
        return formatLang(self.env, points, digits=digits)
