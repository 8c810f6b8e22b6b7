from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "crm.loyalty.referral.mixin"]

    crm_loyalty_member_ids = fields.Many2many(
        "crm.loyalty.member",
        compute="_compute_crm_loyalty_member_ids",
        groups="sales_team.group_sale_salesman",
        help="Memberships of the contact's company.",
    )

    crm_referral_link = fields.Char(
        string="Recommend Us",
        compute="_compute_crm_referral_link",
        groups="sales_team.group_sale_salesman",
        help="Send it to the customer: whom they give it to, is brought by them.",
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

    def _compute_crm_referral_link(self):
        for partner in self:
            links = partner.crm_loyalty_member_ids.mapped("referral_link")
            partner.crm_referral_link = next((link for link in links if link), False)

    def _get_referral_partner(self):
        return self.commercial_partner_id

    def _get_referral_company(self):
        return self.env.company

    @api.model
    def _get_referral_depends(self):
        return ("commercial_partner_id",)

    def action_get_referral_link(self):
        """Make the customer a member, so that they have a link to give away.

        :raise UserError: when no program rewards referrals
        """
        self.ensure_one()
        self.check_access("write")
        if not self.env.user.has_group("sales_team.group_sale_salesman"):
            raise AccessError(self.env._("Salespeople give links to customers."))
        programs = self.env["loyalty.program"]._get_referring(self.env.company)
        if not programs:
            raise UserError(
                self.env._(
                    "No points program rewards referrals. A loyalty manager switches it "
                    "on in the program."
                )
            )
        for program in programs:
            self.env["crm.loyalty.member"]._join(program, self)
        self.invalidate_recordset(["crm_loyalty_member_ids", "crm_referral_link"])

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
