from odoo import fields, models


class CrmValueParameters(models.AbstractModel):
    """Satisfaction may count in the value score; as installed it does not."""

    _inherit = "crm.value.parameters"

    weight_satisfaction = fields.Integer(
        string="Satisfaction (%)",
        default=0,
        limits=(0, 100),
        help="Weight of satisfaction, in percent: the mean CSAT and NPS score of the "
        "observation window. Customers without answers are scored on the other "
        "dimensions. 0: not used.",
    )
