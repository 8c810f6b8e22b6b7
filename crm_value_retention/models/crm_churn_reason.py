from odoo import api, fields, models

from odoo.addons.crm_value_tiering.models.crm_limits_mixin import MAX_SEQUENCE


class CrmChurnReason(models.Model):
    """Why customers leave, in the company's own words."""

    _name = "crm.churn.reason"
    _inherit = ["crm.common.mixin", "crm.limits.mixin", "crm.named.mixin"]
    _description = "Churn Reason"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=50, limits=(0, MAX_SEQUENCE))
    active = fields.Boolean(default=True)

    _name_uniq = models.Constraint(
        "UNIQUE (name)", "There is a reason of this name already."
    )

    @api.model
    def _get_naming_fields(self):
        return [*super()._get_naming_fields(), ("crm.churn.record", "reason_id")]
