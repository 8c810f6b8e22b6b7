from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    crm_value_weight_satisfaction = fields.Integer(
        string="Satisfaction", groups="crm_value_tiering.group_value_manager"
    )
