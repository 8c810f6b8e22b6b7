from odoo import api, fields, models

from odoo.addons.crm_value_tiering.models.crm_limits_mixin import (
    MAX_AMOUNT,
    MAX_SEQUENCE,
)


class CrmComplaintRemedy(models.Model):
    """A kind of solution: what can be done for a customer, and what it usually costs."""

    _name = "crm.complaint.remedy"
    _inherit = ["crm.common.mixin", "crm.limits.mixin", "crm.named.mixin"]
    _description = "Kind of Solution"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10, limits=(0, MAX_SEQUENCE))
    means = fields.Selection(
        [
            ("none", "Nothing more"),
            ("task", "Task for the responsible"),
            ("refund", "Task to make the credit note"),
            ("replacement", "Draft order, free of charge"),
        ],
        string="When Carried Out",
        required=True,
        default="none",
        help="What is made by itself when somebody presses “Carry Out”.",
    )
    cost = fields.Float(
        string="Usual Cost",
        company_dependent=True,
        digits=(16, 2),
        limits=(0, MAX_AMOUNT),
        help="In the currency of the company: proposed, and changed in each request.",
    )
    cause_ids = fields.Many2many(
        "crm.complaint.cause",
        string="Causes",
        help="Suggested for these causes and their sub-causes. Empty: for all.",
    )
    tier_ids = fields.Many2many(
        "crm.value.tier",
        string="Tiers",
        help="Suggested for customers of these tiers. Empty: for all.",
    )
    description = fields.Text(
        translate=True, help="What is said and done. Copied into the request."
    )

    @api.model
    def _get_naming_fields(self):
        return [
            *super()._get_naming_fields(),
            ("crm.complaint.solution", "remedy_id"),
            ("crm.complaint.approval", "remedy_id"),
        ]

    @api.model
    def _suggest_for(self, complaint):
        """What fits the cause and the tier: first what this customer accepted before,
        then what others accepted most often.

        :return: list of (remedy, times this customer accepted it), best first
        """
        causes = complaint.cause_id | complaint.cause_id.parent_id
        tier = complaint.tier_id
        fitting = self.search([]).filtered(  # pylint: disable=no-search-all
            lambda one: (
                (not one.cause_ids or one.cause_ids & causes)
                and (not one.tier_ids or tier in one.tier_ids)
            )
        )
        customer = complaint.commercial_partner_id
        accepted = [
            ("remedy_id", "in", fitting.ids),
            ("company_id", "=", complaint.company_id.id),
            ("state", "=", "done"),
            ("complaint_id.follow_up_result", "=", "accepted"),
            ("complaint_id", "!=", complaint._origin.id),
        ]
        solutions = self.env["crm.complaint.solution"].sudo()
        by_all = dict(
            solutions._read_group(
                [*accepted, ("complaint_id.cause_id", "in", causes.ids)],
                ["remedy_id"],
                ["__count"],
            )
        )
        by_them = customer and dict(
            solutions._read_group(
                [*accepted, ("complaint_id.commercial_partner_id", "=", customer.id)],
                ["remedy_id"],
                ["__count"],
            )
        )
        by_them = by_them or {}
        best = fitting.sorted(
            lambda one: (
                -by_them.get(one, 0),
                -by_all.get(one, 0),
                one.sequence,
                one.id,
            )
        )
        return [(remedy, by_them.get(remedy, 0)) for remedy in best]
