from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    value_weight_satisfaction = fields.Integer(string="Satisfaction")
