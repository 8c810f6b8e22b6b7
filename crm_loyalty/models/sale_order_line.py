from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.crm_value_tiering.context import OURS

from ..points import to_units

COUNTED = {
    "points_cost", "coupon_id", "reward_id", "product_uom_qty", "price_unit", "discount",
    "product_id", "tax_ids",
}  # fmt: skip


class SaleOrderLine(models.Model):
    """Reward lines of confirmed orders: the ledger follows what they say."""

    _inherit = "sale.order.line"

    def _get_held(self):
        return self.with_context(crm_loyalty_hold=OURS)

    def _is_ledger_reward(self):
        self.ensure_one()
        line = self.sudo()
        return bool(line.reward_id and line.coupon_id.program_id.crm_ledger)

    def _get_loyalty_cost(self):
        """Hundredths of points that this reward line takes, 0 if it is none."""
        self.ensure_one()
        if not self.product_uom_qty or not self._is_ledger_reward():
            return 0
        return to_units(self.points_cost)

    @api.model_create_multi
    def create(self, vals_list):
        lines = super(SaleOrderLine, self._get_held()).create(vals_list)
        lines = lines.with_env(self.env)
        lines.order_id._follow_loyalty()
        return lines

    def write(self, vals):
        if not COUNTED & set(vals):
            return super().write(vals)
        orders = self.order_id
        if (
            "product_uom_qty" in vals
            and self.env.context.get("crm_loyalty_hold") is not OURS
        ):
            self._check_reward_quantity(vals["product_uom_qty"])
        super(SaleOrderLine, self._get_held()).write(vals)
        (orders | self.order_id)._follow_loyalty()
        return True

    def unlink(self):
        orders = self.order_id
        result = super(SaleOrderLine, self._get_held()).unlink()
        orders.exists()._follow_loyalty()
        return result

    def _check_reward_quantity(self, quantity):
        """A reward is had or not: its points pay for all of its lines.

        :raise UserError: unless the quantity of each reward line stays, or becomes 0
        """
        for line in self.filtered(lambda line: line._is_ledger_reward()):
            if quantity == line.product_uom_qty:
                continue
            if quantity:
                raise UserError(
                    self.env._(
                        "“%s” is paid with points and cannot have another quantity. "
                        "Remove it, and add the reward again.",
                        line.name,
                    )
                )
            same = line.order_id.order_line.filtered(
                lambda other, line=line: (
                    other.reward_identifier_code == line.reward_identifier_code
                    and other.reward_id == line.reward_id
                )
            )
            (same - self)._get_held().write({"product_uom_qty": 0})
