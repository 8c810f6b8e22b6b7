from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..fields import Quantity

AUDITOR_GROUP = "crm_loyalty.group_loyalty_auditor"
ACTIVE_DAYS = 365  # the period of all figures that have one


class CrmLoyaltyMeasure(models.Model):
    """What a program is and costs on a day: members, points, liability, effect.

    Everything comes from the moves that had been posted by then, so a day in the past
    gives what it gave then. Only the revenue builds on the measure before: what was
    allocated to points is not cut again when expectations change (IFRS 15 B46).

    Management reporting: nothing is posted to the accounts.
    """

    _name = "crm.loyalty.measure"
    _inherit = ["crm.company.mixin", "crm.explanation.mixin"]
    _description = "Measures of a Points Program"
    _order = "as_of desc, id desc"
    _rec_name = "as_of"

    program_id = fields.Many2one(
        "loyalty.program", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    as_of = fields.Date(
        string="As of",
        required=True,
        readonly=True,
        help="The last day that counts, in the time zone of the company.",
    )
    is_final = fields.Boolean(
        readonly=True,
        help="The day was over when it was measured. Later measures build on such a one.",
    )
    # members
    member_count = fields.Integer(string="Members", readonly=True)
    active_count = fields.Integer(
        string="Active Members",
        readonly=True,
        help="Members who got points for a purchase, or used some, in the 365 days "
        "before.",
    )
    active_rate = fields.Float(
        string="Active (%)", compute="_compute_rates", store=True, aggregator="avg"
    )
    # points
    issued = Quantity(
        string="Issued", readonly=True, digits=(16, 2), help="In 365 days, net of what "
        "was taken back."
    )  # fmt: skip
    redeemed = Quantity(
        readonly=True, digits=(16, 2), help="In 365 days, net of what was given back."
    )
    expired = Quantity(readonly=True, digits=(16, 2), help="In 365 days.")
    outstanding = Quantity(
        readonly=True,
        digits=(16, 2),
        help="Points that members have, pending ones too.",
    )
    owed = Quantity(
        readonly=True,
        digits=(16, 2),
        help="Points that members owe, because they had used what was taken back.",
    )
    burn_rate = fields.Float(
        string="Redeemed (%)",
        compute="_compute_rates",
        store=True,
        aggregator="avg",
        help="Points redeemed in 365 days, in percent of those issued.",
    )
    # money
    point_value = Quantity(
        string="Value of a Point",
        readonly=True,
        digits=(16, 6),
        aggregator="avg",
        help="Money that a member saves with a point.",
    )
    face_value = fields.Monetary(
        readonly=True,
        help="Outstanding points at their value, as if all were redeemed.",
    )
    is_estimated = fields.Boolean(
        readonly=True,
        help="There is enough history to say how many points are never redeemed.",
    )
    breakage_rate = fields.Float(
        string="Breakage (%)",
        readonly=True,
        digits=(16, 2),
        aggregator="avg",
        help="Share of all points issued that will never be redeemed.",
    )
    expected_points = Quantity(
        string="Still to Be Redeemed", readonly=True, digits=(16, 2)
    )
    estimate = fields.Monetary(
        string="Liability, Estimated",
        readonly=True,
        help="Points that are expected to be redeemed, at their value.",
    )
    allocated = fields.Monetary(
        readonly=True,
        help="Part of the sales that was paid for points, of all time, by relative "
        "stand-alone prices (IFRS 15.74).",
    )
    recognised = fields.Monetary(
        readonly=True,
        help="Of it, revenue until now: as points are redeemed, of those expected to be.",
    )
    revenue = fields.Monetary(
        string="Revenue of the Period",
        readonly=True,
        help="What became revenue since the measure before.",
    )
    contract_liability = fields.Monetary(
        readonly=True, help="What was allocated and is no revenue yet."
    )
    reward_cost = fields.Monetary(
        string="Cost of Rewards",
        readonly=True,
        help="What members saved with rewards in 365 days.",
    )
    cost_per_point = Quantity(
        readonly=True,
        digits=(16, 6),
        aggregator="avg",
        help="Cost of rewards by points redeemed.",
    )
    # effect
    is_compared = fields.Boolean(
        readonly=True, help="There are enough comparable customers who are no members."
    )
    retention_rate = fields.Float(
        string="Retention of Members (%)",
        readonly=True,
        digits=(16, 2),
        aggregator="avg",
    )
    other_retention_rate = fields.Float(
        string="Retention of Others (%)",
        readonly=True,
        digits=(16, 2),
        aggregator="avg",
        help="Of comparable customers who are no members.",
    )
    detail = fields.Json(readonly=True, help="The parts of the figures.")
    summary = fields.Text(compute="_compute_summary")

    _day_uniq = models.Constraint(
        "UNIQUE(program_id, as_of)", "This day was measured before."
    )

    @api.depends("member_count", "active_count", "issued", "redeemed")
    def _compute_rates(self):
        for measure in self:
            members, issued = measure.member_count, measure.issued
            measure.active_rate = 100 * measure.active_count / members if members else 0
            measure.burn_rate = 100 * measure.redeemed / issued if issued > 0 else 0

    # ----------------------------------------------------------------- measuring
    @api.model
    def _measure(self, program, as_of):
        """Measure a program as of a day; again, when that was done before."""
        program.ensure_one()
        self.env.flush_all()
        own = self.sudo()
        known = own.search([("program_id", "=", program.id), ("as_of", "=", as_of)])
        vals = own._prepare_vals(program, as_of)
        vals["is_final"] = as_of < program.company_id._get_value_today()
        if known:
            known.write(vals)
            return known
        return own.create(
            {
                "program_id": program.id,
                "company_id": program.company_id.id,
                "as_of": as_of,
                **vals,
            }
        )

    @api.model
    def _prepare_vals(self, program, as_of):
        """Hook: the figures; each part adds its own, and its part of ``detail``."""
        return {"detail": {}}

    @api.model
    def _check_day(self, program, as_of):
        """:raise UserError: when nothing can be said of the day"""
        today = program.company_id._get_value_today()
        if as_of > today:
            raise UserError(
                self.env._(
                    "Nobody knows the points of %s yet. Choose a day until today.",
                    format_date(self.env, as_of),
                )
            )

    # ---------------------------------------------------------------------- cron
    @api.model
    def _measure_company(self, company):
        """The end of last month, for each program: once, whenever the job comes."""
        if not self.env["crm.job.run"]._try_lock(company, self._name):
            return
        first = company._get_value_today().replace(day=1)
        as_of = fields.Date.subtract(first, days=1)
        programs = self.env["loyalty.program"].sudo()
        for program in programs.search(
            [("crm_ledger", "=", True), ("company_id", "=", company.id)]
        ):
            own = [("program_id", "=", program.id), ("as_of", "=", as_of)]
            if not self.sudo().search_count(own, limit=1):
                self._measure(program, as_of)

    @api.model
    def _cron_measure(self):
        companies = self.env["loyalty.program"]._get_ledger_companies()
        self.env["crm.job.run"]._run_each(companies, self._measure_company, self._name)
