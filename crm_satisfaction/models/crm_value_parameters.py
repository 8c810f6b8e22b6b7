from odoo import api, fields, models


class CrmValueParameters(models.AbstractModel):
    """Satisfaction may count in the value score; as installed it does not."""

    _inherit = "crm.value.parameters"

    weight_satisfaction = fields.Integer(
        string="Satisfaction (%)",
        default=0,
        help="Weight of how satisfied the customer said to be, in percent: the mean of "
        "the CSAT and NPS answers of the period. A customer who was not asked is judged "
        "by the other weights alone. 0: it is not measured.",
    )

    @api.model
    def _get_dimension_weight_fields(self):
        return [*super()._get_dimension_weight_fields(), "weight_satisfaction"]
