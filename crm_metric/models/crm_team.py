from odoo import api, models


class CrmTeam(models.Model):
    _name = "crm.team"
    _inherit = ["crm.team", "crm.named.mixin"]

    @api.model
    def _get_naming_fields(self):
        """Costs and targets were entered for the team; figures are added to others."""
        return [
            *super()._get_naming_fields(),
            ("crm.campaign.cost", "team_id"),
            ("crm.metric.target", "team_id"),
        ]

    def unlink(self):
        self.env["crm.metric.fact"].sudo()._release("team_id", self.ids)
        return super().unlink()
