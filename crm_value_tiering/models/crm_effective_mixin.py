from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from .crm_limits_mixin import MAX_DATE, MIN_DATE


class CrmEffectiveMixin(models.AbstractModel):
    """Versions with a validity: half-open periods [date_from, date_to).

    The concrete model keeps two versions of one scope from overlapping with an EXCLUDE
    constraint, for example::

        _no_overlap = models.Constraint(
            "EXCLUDE USING gist (int4range(company_id, company_id, '[]') WITH &&,"
            " daterange(date_from, date_to) WITH &&)", "…")

    (a one-element range instead of ``company_id WITH =`` spares the btree_gist extension).
    """

    _name = "crm.effective.mixin"
    _inherit = "crm.limits.mixin"
    _description = "Effective Dating"

    date_from = fields.Date(
        string="Valid From",
        required=True,
        default=fields.Date.context_today,
        limits=(MIN_DATE, MAX_DATE),
        help="First day on which this version is valid.",
    )
    date_to = fields.Date(
        string="Valid Until",
        limits=(MIN_DATE, MAX_DATE),
        help="First day on which this version is no longer valid. Empty: valid until "
        "another one follows.",
    )

    def _prepare_create_values(self, vals_list):
        """A period that ends before it begins is no range: PostgreSQL would fail before
        the constraint below is asked."""
        vals_list = super()._prepare_create_values(vals_list)
        names = ("date_from", "date_to", self._rec_name)
        for vals in vals_list:
            period = self.new({name: vals[name] for name in names if name in vals})
            period._check_effective_dates()
        return vals_list

    @api.constrains("date_from", "date_to")
    def _check_effective_dates(self):
        for record in self:
            if record.date_to and record.date_to <= (record.date_from or MIN_DATE):
                raise ValidationError(
                    self.env._(
                        "“%(name)s” would end before it begins: choose a “Valid Until” "
                        "after %(date)s.",
                        name=record.display_name,
                        date=format_date(self.env, record.date_from),
                    )
                )

    @api.model
    def _get_effective_domain(self, date):
        """Domain of the versions that are valid on ``date``."""
        return Domain("date_from", "<=", date) & (
            Domain("date_to", "=", False) | Domain("date_to", ">", date)
        )

    def _revise(self, vals, date):
        """Change a version from ``date`` on and keep the earlier one.

        A version that begins on ``date`` is changed in place, an older one is closed and
        followed by a changed copy.

        :param vals: values to write; values that change nothing make no version
        :param date: first day of the change, a local date of the company
        :return: the version that is valid from ``date`` on
        """
        self.ensure_one()
        current = self._convert_to_write(self.read(list(vals))[0]) if vals else {}
        changes = {
            name: value for name, value in vals.items() if current[name] != value
        }
        if not changes:
            return self
        if self.date_from >= date:
            self.write(changes)
            return self
        following = {"date_from": date, "date_to": self.date_to}
        self.date_to = date
        self.flush_recordset()
        return self.copy({**changes, **following})
