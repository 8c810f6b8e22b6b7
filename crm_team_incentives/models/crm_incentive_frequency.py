from odoo import fields, models

from .crm_incentive_case_mixin import MAX_ORDERS


class CrmIncentiveFrequency(models.Model):
    """A band of a version: what an amount counts for, by how often the customer orders.

    A band goes up to where the next one begins. It is for rules "adjusted by frequency".
    """

    _name = "crm.incentive.frequency"
    _inherit = [
        "crm.incentive.part.mixin",
        "crm.guard.mixin",
        "crm.limits.mixin",
    ]
    _description = "Frequency Band of a Plan"
    _order = "version_id, orders_from, id"
    _rec_name = "orders_from"

    orders_from = fields.Integer(
        required=True,
        aggregator=None,
        limits=(0, MAX_ORDERS),
        help="Days on which the customer had an order, within the 12 months before the "
        "day that counts. To split an order makes no difference.",
    )
    factor = fields.Float(
        string="Factor (%)",
        digits=(7, 2),
        required=True,
        default=100,
        aggregator=None,
        limits=(0.01, 1000),
        help="100: the amount counts as it is; 120: a fifth more.",
    )

    _band_once = models.Constraint(
        "UNIQUE(version_id, orders_from)", "Each band begins at another number."
    )
