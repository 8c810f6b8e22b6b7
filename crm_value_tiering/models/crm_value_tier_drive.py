from odoo import fields, models

from odoo.addons.crm.models.crm_stage import AVAILABLE_PRIORITIES


class CrmValueTier(models.Model):
    """What follows from the tier elsewhere: stars of leads, a price list to suggest."""

    _inherit = "crm.value.tier"

    lead_priority = fields.Selection(
        AVAILABLE_PRIORITIES,
        help="Stars that a lead or opportunity without any gets together with this "
        "tier. Stars somebody gave stay. Empty: none are given.",
    )
    pricelist_id = fields.Many2one(
        "product.pricelist",
        string="Suggested Price List",
        company_dependent=True,
        help="Suggested on quotations for these customers, with a button to apply it. "
        "Prices never change by themselves.",
    )
