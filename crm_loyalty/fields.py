"""Types of columns for points."""

import math

from odoo import fields
from odoo.exceptions import ValidationError


class Points(fields.Integer):
    """Hundredths of points, in eight bytes: four end at 21 million points."""

    _column_type = ("int8", "int8")


class Quantity(fields.Float):
    """A number that people enter: what is none (NaN, infinite) is refused in words."""

    def convert_to_cache(self, value, record, validate=True):
        if isinstance(value, float) and not math.isfinite(value):
            raise ValidationError(record.env._("Enter a number."))
        return super().convert_to_cache(value, record, validate)
