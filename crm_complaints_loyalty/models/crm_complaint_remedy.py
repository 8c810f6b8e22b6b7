from odoo import fields, models


class CrmComplaintRemedy(models.Model):
    _inherit = "crm.complaint.remedy"

    means = fields.Selection(
        selection_add=[("points", "Points in the loyalty program")],
        # without the program somebody has to think of another thank-you
        ondelete={"points": "set default"},
    )
