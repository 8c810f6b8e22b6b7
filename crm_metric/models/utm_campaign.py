from odoo import fields, models


class UtmCampaign(models.Model):
    _inherit = "utm.campaign"

    value_cost_ids = fields.One2many(
        "crm.value.cost",
        "campaign_id",
        string="Costs",
        groups="crm_value_tiering.group_value_user",
        help="What the campaign cost: for the acquisition cost per new customer.",
    )
