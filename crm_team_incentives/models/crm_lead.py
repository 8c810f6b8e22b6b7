from odoo import fields, models


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = ["crm.lead", "crm.incentive.document.mixin"]

    incentive_split_ids = fields.One2many(
        "crm.incentive.split",
        "lead_id",
        string="Shared by",
        groups="crm_team_incentives.group_incentive_user",
        help="Who shares the deal. Empty: it is the salesperson's.",
    )

    def write(self, vals):
        result = super().write(vals)
        if {"expected_revenue", "won_status", "incentive_split_ids"} & set(vals):
            self._mark_incentive()
        return result

    def _handle_won_lost(self, old_status_by_lead, new_status_by_lead):
        result = super()._handle_won_lost(old_status_by_lead, new_status_by_lead)
        self._mark_incentive()
        return result

    def _mark_incentive(self):
        self.env["crm.incentive.event"]._mark("won", self.ids)

    def _merge_dependences(self, opportunities):
        """The merged deals' people go on with their part."""
        self._move_incentive_splits(opportunities)
        return super()._merge_dependences(opportunities)

    def _get_incentive_case(self):
        self.ensure_one()
        if self.won_status != "pending" or self.type != "opportunity":
            return None
        company = self.company_id or self.team_id.company_id or self.env.company
        return {
            "company": company,
            "amount": company.currency_id.round(self.expected_revenue or 0),
            "partner": self.partner_id,
            "kinds": ["won", "order", "invoice", "payment"],
            "people": self._get_incentive_people(self.user_id, self.team_id),
        }
