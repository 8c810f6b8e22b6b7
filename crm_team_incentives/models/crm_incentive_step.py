from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.crm_value_tiering.models.crm_limits_mixin import MAX_AMOUNT


class CrmIncentiveStep(models.Model):
    """A step of a stepped commission: the rate from a total on, up to the next step."""

    _name = "crm.incentive.step"
    _inherit = [
        "crm.incentive.part.mixin",
        "crm.guard.mixin",
        "crm.limits.mixin",
    ]
    _description = "Step of a Commission"
    _order = "rule_id, bound, id"
    _line_of = "rule_id"
    _rec_name = "bound"

    rule_id = fields.Many2one(
        "crm.incentive.rule", required=True, index=True, ondelete="cascade"
    )
    version_id = fields.Many2one(
        related="rule_id.version_id", store=True, required=False, precompute=True
    )
    currency_id = fields.Many2one(related="rule_id.currency_id")
    bound = fields.Monetary(
        string="From a Total of",
        required=True,
        limits=(0, MAX_AMOUNT),
        help="The step goes up to where the next one begins; there are no gaps.",
    )
    rate = fields.Float(
        string="Rate (%)",
        digits=(7, 4),
        required=True,
        aggregator=None,
        limits=(0, 100),
    )

    _bound_once = models.Constraint(
        "UNIQUE(rule_id, bound)", "Each step begins at another total."
    )

    @api.model
    def _get_guard_version_sql(self, row):
        return SQL(
            "(SELECT rule.version_id FROM crm_incentive_rule rule"
            " WHERE rule.id = %s.rule_id)",
            SQL(row),
        )
