from odoo import api, fields, models

HOURS = {"readonly": True, "digits": (12, 1), "aggregator": None}
PERCENT = {"readonly": True, "digits": (5, 1), "aggregator": None}


class CrmComplaintProcessStep(models.Model):
    """What a review found about one step, or about the whole way."""

    _name = "crm.complaint.process.step"
    _description = "Step in a Process Review"
    _order = "process_id, sequence, id"
    _rec_name = "stage_id"

    process_id = fields.Many2one(
        "crm.complaint.process",
        required=True,
        index=True,
        readonly=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="process_id.company_id", store=True, index=True, precompute=True
    )
    sequence = fields.Integer(readonly=True)
    stage_id = fields.Many2one(
        "crm.complaint.stage",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        help="Empty: the whole way, from the receipt to the closing.",
    )
    title = fields.Char(string="Step", compute="_compute_title")
    before_count = fields.Integer(string="Stays Before", readonly=True)
    before_median = fields.Float(
        string="Hours Before", help="Half of the stays took longer.", **HOURS
    )
    before_waiting = fields.Float(string="Waiting Before (%)", **PERCENT)
    before_returns = fields.Float(string="Loops Before (%)", **PERCENT)
    after_count = fields.Integer(string="Stays", readonly=True)
    after_median = fields.Float(
        string="Hours", help="Half of the stays took longer. Around the clock.", **HOURS
    )
    after_waiting = fields.Float(
        string="Waiting (%)",
        help="Share of the time in which we waited for the customer, a supplier or a "
        "date.",
        **PERCENT,
    )
    after_returns = fields.Float(
        string="Loops (%)",
        help="Share of the stays of requests that had been in the step before.",
        **PERCENT,
    )
    running = fields.Integer(string="Still There", readonly=True)
    share = fields.Float(
        string="Share of the Time (%)",
        help="Of all hours in all steps.",
        **PERCENT,
    )
    chance = fields.Float(
        string="By Chance",
        readonly=True,
        digits=(6, 5),
        aggregator=None,
        help="How often times that did not change would look as different: Wilcoxon's "
        "rank sum test.",
    )
    verdict = fields.Selection(
        [
            ("faster", "Faster"),
            ("slower", "Slower"),
            ("not_shown", "No Difference Shown"),
            ("too_early", "Too Early or Too Few"),
        ],
        string="After the Change",
        readonly=True,
    )

    @api.depends("stage_id")
    @api.depends_context("lang")
    def _compute_title(self):
        for step in self:
            step.title = step.stage_id.name or self.env._("Receipt to closing")
