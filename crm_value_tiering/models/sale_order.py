from odoo import api, fields, models
from odoo.fields import Domain


class SaleOrder(models.Model):
    _inherit = "sale.order"

    value_tier_id = fields.Many2one(
        "crm.value.tier",
        compute="_compute_value_tier_id",
        search="_search_value_tier_id",
        groups="crm_value_tiering.group_value_user",
        help="Tier of the customer in the company of the order.",
    )
    value_tier_color = fields.Integer(
        related="value_tier_id.color", groups="crm_value_tiering.group_value_user"
    )

    @api.depends("partner_id", "company_id")
    def _compute_value_tier_id(self):
        tiers = self.env["crm.value.profile"]._get_tiers(
            self.partner_id, self.company_id
        )
        for order in self:
            partner = order.partner_id.commercial_partner_id
            order.value_tier_id = tiers.get((partner._origin.id, order.company_id.id))

    def _search_value_tier_id(self, operator, value):
        """Each order by the tier of its own company, whichever is the current one."""
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented  # the ORM negates the positive one
        return Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain(
                "partner_id",
                "any",
                self.env["res.partner"]
                .with_company(company)
                ._search_value_tier_id(operator, value),
            )
            for company in self.env.companies
        )
