from odoo import api, fields, models

from .crm_incentive_case_mixin import LIMIT


class CrmIncentiveExample(models.Model):
    """A case that somebody recomputed by hand: a version that misses it is not ready.

    The case is one person, one contract after the other in one month.
    """

    _name = "crm.incentive.example"
    _inherit = [
        "crm.incentive.part.mixin",
        "crm.guard.mixin",
        "crm.incentive.case.mixin",
    ]
    _description = "Example of a Plan"
    _order = "version_id, id"

    name = fields.Char(required=True)
    expected = fields.Monetary(
        string="Must Give",
        required=True,
        limits=(-LIMIT, LIMIT),
        help="The pay of all amounts together.",
    )
    result = fields.Monetary(string="Gives", compute="_compute_result")
    is_passed = fields.Boolean(string="Passed", compute="_compute_result")

    @api.depends(
        "amount_1", "amount_2", "amount_3", "tier_id", "is_new", "is_complex",
        "lifetime_value", "recent_orders", "expected", "version_id.precedence",
        "version_id.weight_reading",
        "version_id.weight_ids.weight", "version_id.weight_ids.is_reference",
        "version_id.rule_ids.sentence", "version_id.rule_ids.sequence",
        "version_id.frequency_ids.orders_from", "version_id.frequency_ids.factor",
    )  # fmt: skip
    def _compute_result(self):
        for example in self:
            lines = example._get_case_lines()
            example.result = sum(line["amount"] for line in lines)
            example.is_passed = not example.currency_id or (
                example.currency_id.compare_amounts(example.result, example.expected)
                == 0
            )
