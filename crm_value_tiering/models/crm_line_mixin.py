from odoo import api, models
from odoo.exceptions import UserError


class CrmLineMixin(models.AbstractModel):
    """A line of a record: it stays there, and whoever makes it may change that record.

    A model that inherits this names the field that leads to the record, ``_line_of``.
    Company and rights of a line are those of its record, and Odoo checks the rules of a
    line before it is written, not after: moved, it would be in a record that its author
    may not even read.
    """

    _name = "crm.line.mixin"
    _description = "Line of a Record"
    # Name of the many2one field to the record.
    _line_of = ""

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        lines = super().create(vals_list)
        lines[self._line_of].check_access("write")
        return lines

    def write(self, vals):
        if self._line_of in vals:
            self.check_access("write")
            if any(line[self._line_of].id != vals[self._line_of] for line in self):
                raise UserError(
                    self.env._(
                        "A line cannot be moved to another record. Create it there, "
                        "and delete this one."
                    )
                )
        return super().write(vals)
