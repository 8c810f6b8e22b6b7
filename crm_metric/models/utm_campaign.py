from odoo import fields, models


class UtmCampaign(models.Model):
    _inherit = "utm.campaign"

    campaign_cost_ids = fields.One2many(
        "crm.campaign.cost",
        "campaign_id",
        string="Costs",
        groups="crm_value_tiering.group_value_user",
        help="What the campaign cost. Used for the acquisition cost per new customer.",
    )
