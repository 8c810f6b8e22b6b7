from odoo import api, fields, models


class ResCompany(models.Model):
    _name = "res.company"
    _inherit = ["res.company", "crm.limits.mixin", "crm.named.mixin"]

    incentive_complex_points = fields.Integer(
        string="Points of a Complex Solution",
        default=10,
        limits=(1, 10_000),
        groups="crm_team_incentives.group_incentive_user",
        help="An evaluation with so many points can be approved as complex.",
    )

    @api.model
    def _get_naming_fields(self):
        """What people were paid for stays provable."""
        return [
            *super()._get_naming_fields(),
            *(
                (f"crm.incentive.{name}", "company_id")
                for name in ("contest.result", "event", "line", "statement")
            ),
        ]
