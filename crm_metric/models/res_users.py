from odoo import models


class ResUsers(models.Model):
    _inherit = "res.users"

    def unlink(self):
        self.env["crm.metric.fact"].sudo()._release("user_id", self.ids)
        return super().unlink()
