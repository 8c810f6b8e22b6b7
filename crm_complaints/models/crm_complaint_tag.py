from odoo import fields, models

from odoo.addons.crm_value_tiering.models.crm_limits_mixin import MAX_COLOR


class CrmComplaintTag(models.Model):
    _name = "crm.complaint.tag"
    _inherit = ["crm.common.mixin", "crm.limits.mixin"]
    _description = "Tag of Requests"
    _order = "name, id"

    name = fields.Char(required=True, translate=True)
    color = fields.Integer(limits=(0, MAX_COLOR))
