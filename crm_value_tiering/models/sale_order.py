from odoo import api, fields, models
from odoo.fields import Domain

ORDER_FIELDS = {"state", "partner_id", "date_order", "company_id", "currency_id"}


class SaleOrder(models.Model):
    _inherit = "sale.order"
    value_tier_id = fields.Many2one(
        "crm.value.tier",
        compute="_compute_value_tier_id",
        search="_search_value_tier_id",
        groups="crm_value_tiering.group_value_user",
        help="Tier of the customer in the company of the order.",
    )
    # Not as superuser: the colour names the tier, and can be searched and sorted by.
    value_tier_color = fields.Integer(
        related="value_tier_id.color",
        related_sudo=False,
        groups="crm_value_tiering.group_value_user",
    )
    value_pricelist_id = fields.Many2one(
        "product.pricelist",
        string="Suggested Price List",
        compute="_compute_value_pricelist_id",
        groups="crm_value_tiering.group_value_user",
    )

    @api.depends("partner_id", "company_id")
    def _compute_value_tier_id(self):
        """Who may see the order may see its tag, as on leads, where it is stored, and
        gets the price list of the tier; the figures are for the customer's salesperson.
        """
        tiers = (
            self.env["crm.value.profile"]
            .sudo()
            ._get_tiers(self.partner_id, self.company_id)
        )
        for order in self:
            partner = order.partner_id.commercial_partner_id
            order.value_tier_id = tiers.get((partner._origin.id, order.company_id.id))

    def _search_value_tier_id(self, operator, value):
        """Each order by the tier of its own company, whichever is the current one."""
        # Odoo checks the groups of stored fields only
        self._check_field_access(self._fields["value_tier_id"], "read")
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented  # the ORM negates the positive one
        return Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain(
                "partner_id",
                "any",
                self.env["res.partner"]
                .sudo()
                .with_company(company)
                ._search_value_tier_id(operator, value),
            )
            for company in self.env.companies
        )

    @api.depends("value_tier_id", "pricelist_id", "state", "company_id")
    def _compute_value_pricelist_id(self):
        for order in self:
            suggested = order._get_value_pricelist()
            order.value_pricelist_id = suggested != order.pricelist_id and suggested

    def _get_value_pricelist(self):
        """Hook: the price list to suggest for an open quotation; empty: none."""
        self.ensure_one()
        if self.state not in ("draft", "sent"):
            return self.env["product.pricelist"]
        tier, company = self.value_tier_id, self.company_id
        own = tier.with_company(company).pricelist_id.filtered("active")
        main = tier.with_company(company._get_value_root()).pricelist_id
        return own or main.filtered("active")

    def action_apply_value_pricelist(self):
        """Take the suggested price list and compute the prices with it."""
        self.ensure_one()
        if self.value_pricelist_id:
            self.pricelist_id = self.value_pricelist_id
            self.action_update_prices()

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        orders._mark_value_dirty()
        return orders

    def write(self, vals):
        relevant = not ORDER_FIELDS.isdisjoint(vals)
        if relevant:
            self._mark_value_dirty()
        result = super().write(vals)
        if relevant:
            self._mark_value_dirty()
        return result

    def _mark_value_dirty(self):
        """Have the customers of confirmed orders computed again."""
        confirmed = self.filtered(lambda order: order.state == "sale")
        for company, orders in confirmed.grouped("company_id").items():
            self.env["crm.value.dirty"]._mark(orders.partner_id.ids, company.ids)
