from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    incentive_complex_points = fields.Integer(
        string="Points of a Complex Solution",
        default=10,
        groups="crm_team_incentives.group_incentive_user",
        help="An evaluation with so many points can be approved as complex.",
    )

    _incentive_complex_points_limit = models.Constraint(
        "CHECK (incentive_complex_points > 0 AND incentive_complex_points <= 10000)",
        "A complex solution needs 1 to 10,000 points.",
    )
