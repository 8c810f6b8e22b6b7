from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.crm_value_tiering.context import OURS

from .crm_incentive_version import APPROVER_GROUP, MANAGER_GROUP


class CrmIncentiveContestResult(models.Model):
    """The place of somebody at the end of a contest, and what it wins.

    Written once, when the contest ends, and closed from then on: only the prize goes its
    way, from proposed to approved to handed over. A badge decorates it; nothing reads
    badges, which any employee can rewrite.
    """

    _name = "crm.incentive.contest.result"
    _inherit = "crm.guard.mixin"
    _description = "Result of a Contest"
    _order = "contest_id desc, place, id"
    _rec_name = "holder_name"
    _guard_insert = False
    _guard_free = (
        "write_uid", "write_date", "state", "approved_by_id", "approved_at",
        "delivered_by_id", "delivered_on",
    )  # fmt: skip

    contest_id = fields.Many2one(
        "crm.incentive.contest",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="restrict"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(
        "res.users",
        string="Person",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    team_id = fields.Many2one(
        "crm.team",
        string="Sales Team",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    holder_name = fields.Char(
        string="Who", compute="_compute_holder_name", compute_sudo=True
    )
    place = fields.Integer(readonly=True, aggregator=None, help="0: too few to judge.")
    score = fields.Float(digits=(9, 4), readonly=True, aggregator=None)
    prize_name = fields.Char(string="Prize", readonly=True)
    amount = fields.Monetary(
        string="Value",
        readonly=True,
        help="Whoever has equal scores shares the prizes of the places they cover.",
    )
    state = fields.Selection(
        [
            ("none", "No prize"),
            ("proposed", "Proposed"),
            ("approved", "Approved"),
            ("delivered", "Handed Over"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    approved_by_id = fields.Many2one("res.users", readonly=True)
    approved_at = fields.Datetime(string="Approved on", readonly=True)
    delivered_by_id = fields.Many2one(
        "res.users", string="Handed Over by", readonly=True
    )
    delivered_on = fields.Date(string="Handed Over on", readonly=True)

    _one_holder = models.Constraint(
        "CHECK ((user_id IS NULL) <> (team_id IS NULL))",
        "A place is that of one person or one team.",
    )
    _once = models.UniqueIndex(
        "(contest_id, COALESCE(user_id, 0), COALESCE(team_id, 0))",
        "Each has one place.",
    )

    @api.depends("user_id", "team_id")
    def _compute_holder_name(self):
        for result in self:
            holder = result.user_id or result.team_id
            result.holder_name = holder.name

    # --------------------------------------------------------------------- CRUD
    @api.model
    def _get_guard_sql(self, row):
        return SQL("TRUE")

    @api.model
    def _get_guard_changes(self):
        # forward only; who approved stays who approved
        return [
            SQL(
                "(NOT ((OLD.state, NEW.state) IN (('proposed', 'approved'),"
                " ('approved', 'delivered')) OR OLD.state = NEW.state)"
                " OR (OLD.approved_by_id IS NOT NULL AND"
                " OLD.approved_by_id IS DISTINCT FROM NEW.approved_by_id)"
                " OR (OLD.delivered_by_id IS NOT NULL AND"
                " OLD.delivered_by_id IS DISTINCT FROM NEW.delivered_by_id))"
            )
        ]

    def write(self, vals):
        self.check_access("write")
        if self.env.context.get("incentive_decision") is not OURS:
            raise UserError(self.env._("Use the buttons: results are closed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The results of a contest stay."))

    # ------------------------------------------------------------------ actions
    def action_approve(self):
        """Somebody who wins nothing here says that the prize is given."""
        self.env["crm.incentive.version"]._check_group(APPROVER_GROUP)
        self.check_access("read")
        for result in self:
            if result.state != "proposed":
                raise UserError(self.env._("Only a proposed prize is approved."))
            result._check_second_person()
            result._decide(
                {
                    "state": "approved",
                    "approved_by_id": self.env.uid,
                    "approved_at": fields.Datetime.now(),
                }
            )
            result.sudo()._decorate()

    def action_deliver(self):
        """The prize was handed over."""
        self.env["crm.incentive.version"]._check_group(MANAGER_GROUP)
        self.check_access("read")
        for result in self:
            if result.state != "approved":
                raise UserError(self.env._("Only an approved prize is handed over."))
            result._decide(
                {
                    "state": "delivered",
                    "delivered_by_id": self.env.uid,
                    "delivered_on": result.company_id._get_value_today(),
                }
            )

    def _check_second_person(self):
        user = self.env.user
        contest = self.contest_id.sudo()
        if user in contest.announced_by_id | contest.closed_by_id:
            raise UserError(
                self.env._("You ran this contest: somebody else approves its prizes.")
            )
        if user in contest.result_ids._get_winners():
            raise UserError(
                self.env._("You win a prize here: somebody else must approve.")
            )

    def _decide(self, vals):
        self.env.flush_all()
        self.sudo().with_context(incentive_decision=OURS).write(vals)

    def _get_winners(self):
        """The people behind results with a prize."""
        won = self.filtered(lambda result: result.state != "none")
        return won.user_id | won.team_id.member_ids | won.team_id.user_id

    def _decorate(self):
        """Give the winners the badge of the contest, where badges are installed."""
        if "gamification.badge.user" not in self.env:
            return
        badges = self.env["gamification.badge"]
        for result in self:
            name = result.contest_id.name
            badge = badges.search([("name", "=", name)], limit=1) or badges.create(
                {"name": name, "rule_auth": "nobody"}
            )
            for user in result._get_winners():
                given = self.env["gamification.badge.user"].create(
                    {"badge_id": badge.id, "user_id": user.id}
                )
                given._send_badge()  # Odoo's own takes one at a time
