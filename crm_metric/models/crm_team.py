from odoo import models


class CrmTeam(models.Model):
    _inherit = "crm.team"

    def unlink(self):
        self.env["crm.metric.fact"].sudo()._release("team_id", self.ids)
        return super().unlink()
