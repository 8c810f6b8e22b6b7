from odoo import api, fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    crm_loyalty_member_ids = fields.Many2many(
        "crm.loyalty.member",
        compute="_compute_crm_loyalty_member_ids",
        groups="sales_team.group_sale_salesman",
        help="Memberships of the contact's company.",
    )

    def _compute_crm_loyalty_member_ids(self):
        members = self.env["crm.loyalty.member"].search(
            [("partner_id", "in", self.commercial_partner_id.ids)]
        )
        for partner in self:
            partner.crm_loyalty_member_ids = members.filtered(
                lambda member, partner=partner: (
                    member.partner_id == partner.commercial_partner_id
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_points(self):
        """A customer who is deleted leaves a member without a name, and without points."""
        members = self.env["crm.loyalty.member"].sudo()
        members = members.with_context(active_test=False)
        members.search([("partner_id", "in", self.ids)])._check_nothing_left()

    def action_open_loyalty(self):
        """The member page, or the list when there are several programs."""
        self.ensure_one()
        members = self.crm_loyalty_member_ids
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_loyalty.crm_loyalty_member_action"
        )
        action["domain"] = [("id", "in", members.ids)]
        if len(members) == 1:
            action |= {"res_id": members.id, "views": [(False, "form")]}
        return action
