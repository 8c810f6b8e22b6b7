from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

from odoo.addons.crm_value_tiering.context import OURS
from odoo.addons.crm_value_tiering.models.crm_limits_mixin import MAX_DATE, MIN_DATE

from .crm_incentive_version import MANAGER_GROUP

# What the buttons say, not whoever writes.
DECIDED = {
    "state", "announced_by_id", "announced_at", "closed_by_id", "closed_at", "result_ids",
}  # fmt: skip


class CrmIncentiveContest(models.Model):
    """A contest of people or teams: rules before it starts, winners when it is over.

    Draft, announced, over. Once announced the rules are closed, to everybody; a contest
    is announced before its first day. Places come from facts, events and what other
    modules measure, never from points that people can give themselves. How places are
    found is in ``crm_incentive_contest_board.py``.
    """

    _name = "crm.incentive.contest"
    _inherit = [
        "crm.company.mixin",
        "crm.limits.mixin",
        "crm.guard.mixin",
        "crm.named.mixin",
        "crm.explanation.mixin",
    ]
    _description = "Contest"
    _order = "date_from desc, id desc"
    _guard_insert = False
    _guard_free = (
        "write_uid", "write_date", "state", "closed_by_id", "closed_at",
    )  # fmt: skip

    name = fields.Char(required=True)
    unit = fields.Selection(
        [("user", "People"), ("team", "Sales teams")],
        string="Who Competes",
        required=True,
        default="team",
    )
    date_from = fields.Date(
        string="First Day", required=True, limits=(MIN_DATE, MAX_DATE)
    )
    date_to = fields.Date(
        string="Ends Before",
        required=True,
        limits=(MIN_DATE, MAX_DATE),
        help="First day that no longer counts.",
    )
    team_ids = fields.Many2many(
        "crm.team",
        string="Sales Teams",
        help="Empty: every team with a figure.",
    )
    user_ids = fields.Many2many(
        "res.users",
        string="People",
        domain=[("share", "=", False)],
        help="Empty: everybody with a figure.",
    )
    winner_share = fields.Float(
        string="Share that Wins (%)",
        digits=(5, 2),
        default=10,
        aggregator=None,
        limits=(0, 100),
        help="Of all that have a place, rounded down, at least one. 0: the prizes say "
        "which places win.",
    )
    ties = fields.Selection(
        [
            ("share", "They share the prizes of the places they cover"),
            ("all", "Each of them gets the whole prize"),
        ],
        string="Equal Scores",
        required=True,
        default="share",
    )
    criterion_ids = fields.One2many(
        "crm.incentive.contest.criterion", "contest_id", string="Criteria", copy=True
    )
    prize_ids = fields.One2many(
        "crm.incentive.contest.prize", "contest_id", string="Prizes", copy=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("announced", "Announced"),
            ("closed", "Over"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        index=True,
    )
    announced_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    announced_at = fields.Datetime(string="Announced on", readonly=True, copy=False)
    closed_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    closed_at = fields.Datetime(string="Ended on", readonly=True, copy=False)
    result_ids = fields.One2many(
        "crm.incentive.contest.result", "contest_id", string="Results"
    )
    explanation_html = fields.Html(string="Leader Board")

    _dates = models.Constraint(
        "CHECK (date_to > date_from AND date_to <= date_from + 366)",
        "A contest lasts from one day to a year.",
    )

    # --------------------------------------------------------------------- CRUD
    @api.model
    def _get_naming_fields(self):
        return [
            *super()._get_naming_fields(),
            ("crm.incentive.contest.result", "contest_id"),
        ]

    @api.model
    def _get_guard_sql(self, row):
        return SQL("%s.state <> 'draft'", SQL(row))

    @api.model
    def _get_guard_changes(self):
        return [
            SQL(
                "(OLD.state <> NEW.state AND NOT (OLD.state = 'announced'"
                " AND NEW.state IN ('closed', 'cancelled')))"
            )
        ]

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        for vals in vals_list:
            if any(vals.get(name, "draft") != "draft" for name in DECIDED & set(vals)):
                raise UserError(self.env._("A contest begins as a draft."))
        return super().create(vals_list)

    def write(self, vals):
        self.check_access("write")
        if self.env.context.get("incentive_decision") is not OURS:
            if DECIDED & set(vals):
                raise UserError(
                    self.env._("Use the buttons to announce or end a contest.")
                )
            self._check_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_draft(self):
        self._check_draft()

    def _check_draft(self):
        """:raise UserError: once the rules are known to those who compete"""
        if self.exists().filtered(lambda contest: contest.state != "draft"):
            raise UserError(
                self.env._(
                    "The contest is announced: its rules cannot be changed. Cancel it "
                    "and announce another one if they are wrong."
                )
            )

    # ------------------------------------------------------------------ actions
    def action_announce(self):
        """Tell everybody the rules; from now on nobody changes them."""
        self._check_manager()
        for contest in self:
            contest._check_draft()
            contest._check_complete()
            # so that no document of before can become a new one
            self.env["crm.incentive.event"]._collect_all(contest.company_id)
            contest._decide(
                {
                    "state": "announced",
                    "announced_by_id": self.env.uid,
                    "announced_at": fields.Datetime.now(),
                }
            )

    def action_cancel(self):
        """End it without winners."""
        self._check_manager()
        for contest in self:
            if contest.state != "announced":
                raise UserError(self.env._("Only an announced contest is cancelled."))
            contest._decide({"state": "cancelled"})

    def action_close(self):
        """Write down the places and the winners, for good."""
        self._check_manager()
        for contest in self:
            contest.lock_for_update()
            if contest.state != "announced":
                raise UserError(self.env._("Only an announced contest can end."))
            if contest.date_to > contest.company_id._get_value_today():
                raise UserError(
                    self.env._(
                        "The contest lasts until %(day)s.",
                        day=format_date(
                            self.env, fields.Date.subtract(contest.date_to, days=1)
                        ),
                    )
                )
            self.env["crm.incentive.event"]._collect_all(contest.company_id)
            contest.sudo()._write_results()
            contest._decide(
                {
                    "state": "closed",
                    "closed_by_id": self.env.uid,
                    "closed_at": fields.Datetime.now(),
                }
            )

    def _check_manager(self):
        self.check_access("write")
        self.env["crm.incentive.version"]._check_group(MANAGER_GROUP)

    def _check_complete(self):
        """:raise UserError: what is missing before people can compete"""
        self.ensure_one()
        if not self.criterion_ids:
            raise UserError(self.env._("The contest has no criterion yet."))
        if not self.prize_ids:
            raise UserError(self.env._("The contest has no prize yet."))
        if self.date_from <= self.company_id._get_value_today():
            raise UserError(
                self.env._(
                    "A contest is announced before it begins: choose a later first day."
                )
            )
        for criterion in self.criterion_ids:
            if self.unit not in criterion._get_metric()["units"]:
                raise UserError(
                    self.env._(
                        "“%(figure)s” is not measured for what competes here.",
                        figure=criterion._get_metric()["label"],
                    )
                )
        if not self.winner_share:
            places = sorted(
                (prize.place_from, prize.place_to) for prize in self.prize_ids
            )
            expected = 1
            for first, last in places:
                if first != expected:
                    raise UserError(
                        self.env._(
                            "The prizes must cover the places from 1 on, each once."
                        )
                    )
                expected = last + 1

    def _decide(self, vals):
        # What was written before must not reach the database after it.
        self.env.flush_all()
        self.sudo().with_context(incentive_decision=OURS).write(vals)
