from odoo import api, fields, models
from odoo.tools import SQL


class CrmIncentiveStep(models.Model):
    """A step of a stepped commission: the rate from a total on, up to the next step."""

    _name = "crm.incentive.step"
    _inherit = ["crm.incentive.part.mixin", "crm.incentive.guard.mixin"]
    _description = "Step of a Commission"
    _order = "rule_id, bound, id"
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
        help="The step goes up to where the next one begins; there are no gaps.",
    )
    rate = fields.Float(
        string="Rate (%)", digits=(7, 4), required=True, aggregator=None
    )

    _bound_once = models.Constraint(
        "UNIQUE(rule_id, bound)", "Each step begins at another total."
    )
    _bound_limit = models.Constraint(
        "CHECK (bound >= 0 AND bound <= 1e15)",
        "A step begins at 0 or more, and below 1,000,000,000,000,000.",
    )
    _rate_limit = models.Constraint(
        "CHECK (rate >= 0 AND rate <= 100)", "A rate is between 0 and 100 %."
    )

    @api.model
    def _get_guard_version_sql(self, row):
        return SQL(
            "(SELECT rule.version_id FROM crm_incentive_rule rule"
            " WHERE rule.id = %s.rule_id)",
            SQL(row),
        )
