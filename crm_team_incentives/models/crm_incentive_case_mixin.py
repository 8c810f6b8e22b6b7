from odoo import fields, models

LIMIT = 10**12
MAX_ORDERS = 100_000


class CrmIncentiveCaseMixin(models.AbstractModel):
    """Up to three amounts of one person, computed with a version and stored nowhere.

    A negative amount is a credit note for the amount before it.
    """

    _name = "crm.incentive.case.mixin"
    _inherit = "crm.limits.mixin"
    _description = "Case to Compute"

    version_id = fields.Many2one("crm.incentive.version")
    currency_id = fields.Many2one(related="version_id.currency_id")
    amount_1 = fields.Monetary(string="First Amount", limits=(-LIMIT, LIMIT))
    amount_2 = fields.Monetary(string="Second Amount", limits=(-LIMIT, LIMIT))
    amount_3 = fields.Monetary(
        string="Third Amount",
        limits=(-LIMIT, LIMIT),
        help="A negative amount is a credit note for the amount before it.",
    )
    tier_id = fields.Many2one("crm.value.tier", string="Customer's Tier")
    lifetime_value = fields.Monetary(
        string="Customer's Lifetime Value",
        limits=(-LIMIT, LIMIT),
        help="For rules whose steps go by it: the value known on the day.",
    )
    recent_orders = fields.Integer(
        string="Orders in 12 Months",
        limits=(0, MAX_ORDERS),
        help="For rules adjusted by frequency: days with an order, within the 12 months "
        "before.",
    )
    is_new = fields.Boolean(string="New Customer", default=True)
    is_complex = fields.Boolean(string="Complex Solution")

    def _get_amounts(self):
        return [self.amount_1, self.amount_2, self.amount_3]

    def _check_case(self):
        """:raise ValidationError: when an amount that is not saved is no sensible one"""
        self.env["crm.incentive.engine"]._check_amounts(self._get_amounts(), LIMIT)

    def _get_case_lines(self):
        """The lines of the case, dicts as of the engine; the amounts are decimals."""
        self.ensure_one()
        version = self.version_id._origin
        if not version:
            return []
        return self.env["crm.incentive.engine"]._compute_case(
            version,
            self._get_amounts(),
            tier=self.tier_id,
            is_new=self.is_new,
            is_complex=self.is_complex,
            lifetime_value=self.lifetime_value,
            recent_orders=self.recent_orders,
        )
