from odoo import models


class SaleOrder(models.Model):
    """Who brought the customer can be entered on the quotation."""

    _name = "sale.order"
    # pylint: disable-next=consider-merging-classes-inherited
    _inherit = ["sale.order", "crm.loyalty.referral.mixin"]
