from odoo import fields, models


class CrmIncentiveCriterion(models.Model):
    """What makes a solution complex, and how much it counts."""

    _name = "crm.incentive.criterion"
    _inherit = "crm.company.mixin"
    _description = "Criterion of Complexity"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    points = fields.Integer(required=True, default=1)

    _points_limit = models.Constraint(
        "CHECK (points > 0 AND points <= 1000)", "A criterion has 1 to 1,000 points."
    )
