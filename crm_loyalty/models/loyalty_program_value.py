from decimal import Decimal

from odoo import fields, models

from ..fields import Quantity
from .loyalty_program import READERS

MAX_VALUE = 1_000_000


class LoyaltyProgram(models.Model):
    """What a point is worth in money."""

    _inherit = "loyalty.program"  # pylint: disable=consider-merging-classes-inherited

    crm_point_value = Quantity(
        string="Value of a Point",
        digits=(16, 6),
        limits=(0, MAX_VALUE),
        help="Money that a member saves with a point, for the liability. 0: as much as "
        "the best reward that takes a fixed amount off.",
        groups=READERS,
    )
    crm_measure_ids = fields.One2many(
        "crm.loyalty.measure",
        "program_id",
        string="Measures",
        groups="crm_loyalty.group_loyalty_auditor",
    )

    def _get_point_value(self):
        """Money for a point, as ``Decimal``; 0 when no reward says it."""
        self.ensure_one()
        if self.crm_point_value:
            return Decimal(str(self.crm_point_value))
        values = [Decimal(0)]
        for reward in self.reward_ids:
            if reward.reward_type != "discount":
                continue
            amount = Decimal(str(reward.discount))
            if reward.discount_mode == "per_order" and reward.required_points:
                values.append(amount / Decimal(str(reward.required_points)))
            elif reward.discount_mode == "per_point":
                values.append(amount)
        return max(values)

    def action_open_measures(self):
        """The measures of this program."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_loyalty.crm_loyalty_measure_action"
        )
        return {**action, "domain": [("program_id", "=", self.id)]}
