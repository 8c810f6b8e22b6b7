from odoo import api, models


class CrmTeamMember(models.Model):
    """Odoo keeps the record rules of a user as they were worked out, with the ids of the
    members of the user's teams: other members, other rules."""

    _inherit = "crm.team.member"

    @api.model_create_multi
    def create(self, vals_list):
        members = super().create(vals_list)
        self.env["res.users"]._forget_value_salespeople()
        return members

    def write(self, vals):
        result = super().write(vals)
        if {"user_id", "crm_team_id", "active"} & vals.keys():
            self.env["res.users"]._forget_value_salespeople()
        return result

    def unlink(self):
        result = super().unlink()
        self.env["res.users"]._forget_value_salespeople()
        return result
