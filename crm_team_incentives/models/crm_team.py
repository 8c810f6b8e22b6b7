from odoo import api, models


class CrmTeam(models.Model):
    _name = "crm.team"
    _inherit = ["crm.team", "crm.named.mixin"]

    @api.model
    def _get_naming_fields(self):
        """The team somebody was paid in stays known."""
        return [
            *super()._get_naming_fields(),
            ("crm.incentive.line", "team_id"),
            ("crm.incentive.statement", "team_id"),
            ("crm.incentive.contest.result", "team_id"),
        ]
