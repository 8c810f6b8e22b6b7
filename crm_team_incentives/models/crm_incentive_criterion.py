from odoo import fields, models

from odoo.addons.crm_value_tiering.models.crm_limits_mixin import MAX_SEQUENCE


class CrmIncentiveCriterion(models.Model):
    """What makes a solution complex, and how much it counts."""

    _name = "crm.incentive.criterion"
    _inherit = ["crm.company.mixin", "crm.limits.mixin"]
    _description = "Criterion of Complexity"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10, limits=(0, MAX_SEQUENCE))
    active = fields.Boolean(default=True)
    points = fields.Integer(required=True, default=1, limits=(1, 1000))
