from datetime import date

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date, formatLang

# A century: added to any date below it stays a date.
MAX_DAYS = 36_500
# Fifteen digits are what a computation keeps exactly.
MAX_AMOUNT = 10**15
MAX_SEQUENCE = 10**6
# The colours that Odoo's tags have.
MAX_COLOR = 11
MIN_DATE, MAX_DATE = date(1900, 1, 1), date(2999, 12, 31)
NUMBERS = ("integer", "float", "monetary")


class CrmLimitsMixin(models.AbstractModel):
    """Numbers and dates that people enter stay within what can be worked with.

    A model inherits this, and a field says beside its type what the lowest and the
    highest value are, both included::

        lost_days = fields.Integer(limits=(1, MAX_DAYS))
        amount = fields.Monetary(limits=(0, MAX_AMOUNT))
        date = fields.Date(limits=(MIN_DATE, MAX_DATE))

    A related field has those of its target without saying so. To extend a core model,
    inherit both: ``_name = "res.company"``, ``_inherit = ["res.company",
    "crm.limits.mixin"]``.

    The limits hold for whatever ``create`` and ``write`` are given by screens, imports
    and remote calls, and for defaults, before anything reaches the database. NaN,
    infinity, a text that is no number or date and a number too large for its column are
    outside, too: PostgreSQL takes NaN for a number above all others, so a CHECK
    constraint such as ``x >= 0`` lets it pass.

    ``tests/suite/test_registry_limits.py`` looks for a number that users may write and
    that has no limits.
    """

    _name = "crm.limits.mixin"
    _description = "Limited Numbers and Dates"

    def _valid_field_parameter(self, field, name):
        return name == "limits" or super()._valid_field_parameter(field, name)

    @api.model
    def _get_limits(self):
        """Hook: name of a field → (lowest, highest) value."""
        return {
            name: field.limits
            for name, field in self._fields.items()
            if hasattr(field, "limits")
        }

    @api.model
    def _check_limits(self, vals):
        """:raise ValidationError: when a value of ``vals`` is outside its limits"""
        for name, (low, high) in self._get_limits().items():
            if name not in vals or self._is_within(name, vals[name], low, high):
                continue
            raise ValidationError(
                self.env._(
                    "“%(field)s” must be between %(low)s and %(high)s.",
                    field=self._fields[name]._description_string(self.env),
                    low=self._format_limit(low),
                    high=self._format_limit(high),
                )
            )

    @api.model
    def _is_within(self, name, value, low, high):
        try:
            if self._fields[name].type in NUMBERS:
                return low <= float(value or 0) <= high
            day = fields.Date.to_date(value)
        except (TypeError, ValueError, OverflowError):
            return False
        return not day or low <= day <= high

    @api.model
    def _format_limit(self, limit):
        if isinstance(limit, date):
            return format_date(self.env, limit)
        return formatLang(self.env, limit, digits=0 if limit == int(limit) else 2)

    def _add_missing_default_values(self, values):
        # in ``create``, before Odoo computes anything from them
        values = super()._add_missing_default_values(values)
        self._check_limits(values)
        return values

    def write(self, vals):
        # who may not write learns that first
        self.check_access("write")
        self._check_limits(vals)
        return super().write(vals)
