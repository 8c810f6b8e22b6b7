from odoo import fields, models


class CrmValueLossReason(models.Model):
    """Why customers leave, in the company's own words."""

    _name = "crm.value.loss.reason"
    _description = "Reason for Leaving"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=50)
    active = fields.Boolean(default=True)

    _name_uniq = models.Constraint(
        "UNIQUE (name)", "There is a reason of this name already."
    )
