from odoo import models


class CrmTeam(models.Model):
    """The leader of a team sees the figures of its members, see ``res.users``."""

    _inherit = "crm.team"

    def write(self, vals):
        result = super().write(vals)
        if {"user_id", "active"} & vals.keys():
            self.env["res.users"]._forget_value_salespeople()
        return result

    def unlink(self):
        result = super().unlink()
        self.env["res.users"]._forget_value_salespeople()
        return result
