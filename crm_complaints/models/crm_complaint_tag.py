from odoo import fields, models


class CrmComplaintTag(models.Model):
    _name = "crm.complaint.tag"
    _description = "Tag of Requests"
    _order = "name, id"

    name = fields.Char(required=True, translate=True)
    color = fields.Integer()
