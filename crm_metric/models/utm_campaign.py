from odoo import api, fields, models


class UtmCampaign(models.Model):
    _name = "utm.campaign"
    _inherit = ["utm.campaign", "crm.named.mixin"]

    campaign_cost_ids = fields.One2many(
        "crm.campaign.cost",
        "campaign_id",
        string="Costs",
        groups="crm_value_tiering.group_value_user",
        help="What the campaign cost. Used for the acquisition cost per new customer.",
    )

    @api.model
    def _get_naming_fields(self):
        return [*super()._get_naming_fields(), ("crm.campaign.cost", "campaign_id")]
