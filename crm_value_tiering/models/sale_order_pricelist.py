from odoo import api, fields, models


class SaleOrder(models.Model):
    """A quotation suggests the price list of the customer's tier; a click applies it."""

    _inherit = "sale.order"

    value_pricelist_id = fields.Many2one(
        "product.pricelist",
        string="Suggested Price List",
        compute="_compute_value_pricelist_id",
        groups="crm_value_tiering.group_value_user",
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
        return self.value_tier_id.with_company(self.company_id).pricelist_id

    def action_apply_value_pricelist(self):
        """Take the suggested price list and compute the prices with it."""
        self.ensure_one()
        if self.value_pricelist_id:
            self.pricelist_id = self.value_pricelist_id
            self.action_update_prices()
