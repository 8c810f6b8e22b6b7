from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date, formatLang

from ..fields import Points
from ..points import to_points, to_units

EXPIRING_DAYS = 30
# Twelve hexadecimal digits of strong randomness: none can be guessed.
NEW_CODE = SQL("upper(substr(replace(gen_random_uuid()::text, '-', ''), 1, 12))")


class CrmLoyaltyMember(models.Model):
    """A customer in a program: the balance, and the row everybody locks.

    One per program and commercial entity. ``available``, ``pending`` and ``debt`` say
    what the ledger says; they change with a move only, see :meth:`_post`. The points of
    the stock card are ``available``, so Odoo's own rewards spend what the ledger allows.
    """

    _name = "crm.loyalty.member"
    _inherit = ["crm.company.mixin", "crm.named.mixin", "crm.erasable.mixin"]
    _description = "Loyalty Member"
    _rec_name = "partner_id"
    _order = "id"

    program_id = fields.Many2one(
        "loyalty.program",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        readonly=True,
        index=True,
        ondelete="set null",
        help="Empty: deleted, after nothing was owed any more.",
    )
    company_id = fields.Many2one(readonly=True, ondelete="restrict")
    card_id = fields.Many2one("loyalty.card", readonly=True, ondelete="restrict")
    active = fields.Boolean(default=True, readonly=True)
    joined_on = fields.Date(string="Member Since", readonly=True)
    merged_into_id = fields.Many2one(
        "crm.loyalty.member", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    available = Points(
        string="Available (Hundredths)",
        readonly=True,
        help="Hundredths of points that can be used now.",
    )
    pending = Points(
        string="Pending (Hundredths)",
        readonly=True,
        help="Hundredths of points that are not usable yet.",
    )
    debt = Points(
        string="Owed (Hundredths)",
        readonly=True,
        help="Hundredths of points that were taken back after they had been used. "
        "New points settle it first.",
    )
    referral_code = fields.Char(
        readonly=True,
        copy=False,
        help="What the member tells people whom they recommend us to.",
    )
    referral_link = fields.Char(
        compute="_compute_referral_link",
        help="The member sends it to people whom they recommend us to. Empty when the "
        "program does not reward referrals.",
    )
    brought_ids = fields.One2many("crm.loyalty.referral", "referrer_id", readonly=True)
    brought_count = fields.Integer(compute="_compute_brought_count")
    version = fields.Integer(
        readonly=True, help="Counts the changes: two of them at once are impossible."
    )
    available_points = fields.Float(
        string="Available",
        compute="_compute_points",
        digits=(16, 2),
        help="Points that can be used now.",
    )
    pending_points = fields.Float(
        string="Pending",
        compute="_compute_points",
        digits=(16, 2),
        help="Points of purchases that can still be returned.",
    )
    debt_points = fields.Float(
        string="Owed",
        compute="_compute_points",
        digits=(16, 2),
        help="Points taken back after they had been used. New points settle it first.",
    )
    outlook = fields.Text(compute="_compute_outlook")
    point_name = fields.Char(related="program_id.portal_point_name")
    move_ids = fields.One2many("crm.loyalty.move", "member_id", readonly=True)
    lot_ids = fields.One2many(
        "crm.loyalty.lot", "member_id", readonly=True, domain=[("remaining", ">", 0)]
    )

    _partner_uniq = models.Constraint(
        "UNIQUE(program_id, partner_id)",
        "This customer is a member of the program already.",
    )
    _referral_code_uniq = models.UniqueIndex(
        "(referral_code)", "Another member has this code."
    )
    _balance_check = models.Constraint(
        "CHECK(available >= 0 AND pending >= 0 AND debt >= 0)",
        "A balance of points cannot be negative.",
    )

    @api.model
    def _get_naming_fields(self):
        return [
            *super()._get_naming_fields(),
            ("crm.loyalty.member", "merged_into_id"),
            ("crm.loyalty.lot", "member_id"),
            ("crm.loyalty.document", "member_id"),
            ("crm.loyalty.adjustment", "member_id"),
            ("crm.loyalty.move", "member_id"),
            ("crm.loyalty.referral", "referrer_id"),
            ("crm.loyalty.referral", "referred_id"),
        ]

    def init(self):
        """Members of before there were codes get one."""
        self.env.cr.execute(
            SQL(
                "UPDATE crm_loyalty_member SET referral_code = %s"
                " WHERE referral_code IS NULL",
                NEW_CODE,
            )
        )

    @api.depends("referral_code", "program_id.crm_referral")
    def _compute_referral_link(self):
        for member in self:
            program = member.sudo().program_id
            asks = program.crm_referral and program.active and member.referral_code
            member.referral_link = (
                f"{member.get_base_url()}/recommended/{member.referral_code}"
                if asks
                else False
            )

    def _compute_brought_count(self):
        counts = dict(
            self.env["crm.loyalty.referral"]._read_group(
                [("referrer_id", "in", self.ids), ("state", "!=", "refused")],
                ["referrer_id"],
                ["__count"],
            )
        )
        for member in self:
            member.brought_count = counts.get(member, 0)

    @api.depends("available", "pending", "debt")
    def _compute_points(self):
        for member in self:
            member.available_points = to_points(member.available)
            member.pending_points = to_points(member.pending)
            member.debt_points = to_points(member.debt)

    @api.depends("available", "pending", "debt", "lot_ids.remaining")
    @api.depends_context("lang")
    def _compute_outlook(self):
        for member in self:
            member.outlook = "\n".join(member._get_outlook())

    def _get_outlook(self):
        """What the member has and when it comes or goes, as sentences."""
        self.ensure_one()
        sentences = [
            self.env._("%s can be used now.", self._format_points(self.available))
        ]
        lots = self.lot_ids.sorted(lambda lot: lot.expires_on or fields.Date.today())
        waiting = lots.filtered("is_pending")
        if waiting:
            sentences.append(
                self.env._(
                    "%(points)s more can be used later, the first on %(day)s.",
                    points=self._format_points(self.pending),
                    day=format_date(self.env, min(waiting.mapped("available_from"))),
                )
            )
        for day, points in self._get_expiring(EXPIRING_DAYS).items():
            sentences.append(
                self.env._(
                    "%(points)s expire on %(day)s.",
                    points=self._format_points(points),
                    day=format_date(self.env, day),
                )
            )
        if self.debt:
            sentences.append(
                self.env._(
                    "%s were taken back after they had been used: new points settle "
                    "this first.",
                    self._format_points(self.debt),
                )
            )
        return sentences

    def _get_expiring(self, days):
        """Points that expire within ``days``, by their last day, soonest first."""
        self.ensure_one()
        today = self.company_id._get_value_today()
        until = fields.Date.add(today, days=days)
        expiring = {}
        for lot in self.lot_ids.sorted("expires_on"):
            if lot.expires_on and today <= lot.expires_on <= until:
                expiring[lot.expires_on] = (
                    expiring.get(lot.expires_on, 0) + lot.remaining
                )
        return expiring

    def _format_points(self, hundredths):
        """``12.50 Points`` in the user's language; without decimals if they are 0."""
        digits = 2 if hundredths % 100 else 0
        number = formatLang(self.env, to_points(hundredths), digits=digits)
        return f"{number} {self.point_name or self.env._('points')}"

    # ------------------------------------------------------------------- portal
    def _get_portal_expiring(self):
        """All that expires, soonest first: list of (day, points), as texts."""
        self.ensure_one()
        expiring = {}
        for lot in self.lot_ids.filtered("expires_on").sorted("expires_on"):
            expiring[lot.expires_on] = expiring.get(lot.expires_on, 0) + lot.remaining
        return [
            (format_date(self.env, day), self._format_points(points))
            for day, points in expiring.items()
        ]

    def _get_portal_rewards(self):
        """What the points are good for: list of dicts, the cheapest first.

        ``missing`` says how many points more it takes, "" when there are enough.
        """
        self.ensure_one()
        rewards = []
        for reward in self.program_id.reward_ids.sorted("required_points"):
            cost = to_units(reward.required_points)
            missing = max(cost - self.available, 0)
            rewards.append(
                {
                    "reward": reward,
                    "name": reward.description,
                    "cost": self._format_points(cost),
                    "missing": self._format_points(missing) if missing else "",
                }
            )
        return rewards

    def _has_begun(self):
        """Whether anything was ever posted: who was only referred learns nothing from
        being a member."""
        self.ensure_one()
        return bool(
            self.available
            or self.pending
            or self.debt
            or self.env["crm.loyalty.move"]
            .sudo()
            .search_count([("member_id", "=", self.id)], limit=1)
        )

    # ------------------------------------------------------------------ privacy
    def _erase_person(self):
        """The member stays without a name, like their entries; points are not lost."""
        self._check_nothing_left()
        self.partner_id = False

    def _check_nothing_left(self):
        """:raise UserError: when one of the members has points, or owes some"""
        for member in self:
            if member.available or member.pending or member.debt:
                raise UserError(
                    self.env._(
                        "%(customer)s has points. Correct them to 0 with a reason, or "
                        "merge or archive the contact instead.",
                        customer=member.partner_id.display_name,
                    )
                )

    # --------------------------------------------------------------------- CRUD
    @api.model
    def _find(self, program, partner):
        """The member of a program that ``partner`` belongs to, or none."""
        return self.sudo().search(
            [
                ("program_id", "=", program.id),
                ("partner_id", "=", partner.commercial_partner_id.id),
            ]
        )

    @api.model
    def _join(self, program, partner):
        """The member of ``partner``; who is none yet becomes one.

        Two at once: the database refuses the second one (a conflict that its snapshot
        does not show is a serialization failure), and Odoo repeats it.
        """
        partner = partner.commercial_partner_id
        if not partner:
            raise UserError(self.env._("Choose a customer."))
        member = self._find(program, partner)
        if member:
            return member
        company = program.company_id
        today = company._get_value_today()
        [[member_id]] = self.env.execute_query(
            SQL(
                """
                INSERT INTO crm_loyalty_member
                       (program_id, partner_id, company_id, active, joined_on, available,
                        pending, debt, version, referral_code, create_uid, create_date,
                        write_uid, write_date)
                VALUES (%(program)s, %(partner)s, %(company)s, TRUE, %(today)s, 0, 0, 0,
                        0, %(code)s, %(uid)s, %(now)s, %(uid)s, %(now)s)
                ON CONFLICT DO NOTHING
                RETURNING id
                """,
                program=program.id,
                partner=partner.id,
                company=company.id,
                today=today,
                code=NEW_CODE,
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        member = self.sudo().browse(member_id)
        member.card_id = self.env["loyalty.card"]._create_for_member(member)
        return member

    def _get_current(self):
        """The member that holds the points now: after a merge, the heir."""
        member = self
        while member.merged_into_id:
            member = member.merged_into_id
        return member

    # ------------------------------------------------------------------ actions
    def action_open_brought(self):
        """The customers whom this member brought."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_loyalty.crm_loyalty_referral_action"
        )
        return {**action, "domain": [("referrer_id", "=", self.id)]}

    def action_grant(self):
        """Give points to this member, or correct them, with a reason."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Grant Points"),
            "res_model": "crm.loyalty.adjustment",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_member_id": self.id},
        }
