from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import format_datetime

from ..fields import Quantity
from ..points import MAX_POINTS, to_units

MANAGER_GROUP = "crm_loyalty.group_loyalty_manager"
PERIOD_DAYS = 30
ASKED = ("member_id", "kind", "points", "reason")


class CrmLoyaltyAdjustment(models.Model):
    """Points granted or corrected by a person, who says why.

    A salesperson grants up to the program's limit; a loyalty manager decides what is
    above it, and above a second limit another manager than the one who asks.
    """

    _name = "crm.loyalty.adjustment"
    _inherit = [
        "crm.company.mixin",
        "crm.limits.mixin",
        "crm.erasable.mixin",
        "crm.named.mixin",
    ]
    _description = "Granted or Corrected Points"
    _order = "id desc"
    _rec_name = "member_id"
    _erasable_texts = ("reason",)
    _erasing_group = MANAGER_GROUP

    member_id = fields.Many2one(
        "crm.loyalty.member", required=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(
        compute="_compute_company_id",
        store=True,
        precompute=True,
        default=None,
        ondelete="restrict",
    )
    kind = fields.Selection(
        [("grant", "Grant"), ("correct", "Correction")],
        required=True,
        default="grant",
        help="A grant gives points. A correction gives or takes them; managers do that.",
    )
    points = Quantity(required=True, digits=(16, 2), limits=(-MAX_POINTS, MAX_POINTS))
    reason = fields.Text(required=True)
    state = fields.Selection(
        [
            ("draft", "New"),
            ("waiting", "To Approve"),
            ("posted", "Posted"),
            ("refused", "Refused"),
        ],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
    )
    decided_by_id = fields.Many2one(
        "res.users", string="Decided by", readonly=True, copy=False, ondelete="restrict"
    )
    decided_at = fields.Datetime(string="Decided at", readonly=True, copy=False)
    may_decide = fields.Boolean(compute="_compute_may_decide")

    @api.model
    def _get_naming_fields(self):
        return [
            *super()._get_naming_fields(),
            ("crm.loyalty.move", "adjustment_id"),
        ]

    @api.depends("member_id")
    def _compute_company_id(self):
        for adjustment in self:
            adjustment.company_id = adjustment.member_id.company_id

    @api.depends("state")
    @api.depends_context("uid")
    def _compute_may_decide(self):
        is_manager = self.env.user.has_group(MANAGER_GROUP)
        for adjustment in self:
            adjustment.may_decide = (
                is_manager
                and adjustment.state == "waiting"
                and adjustment.create_uid != self.env.user
            )

    @api.constrains("points", "kind", "reason")
    def _check_points(self):
        for adjustment in self:
            points = adjustment.points
            if not points:
                raise ValidationError(
                    self.env._("Enter a number of points other than 0.")
                )
            if points < 0 and adjustment.kind == "grant":
                raise ValidationError(
                    self.env._(
                        "A grant gives points. Choose “Correction” to take some."
                    )
                )
            if not adjustment.reason.strip():
                raise ValidationError(self.env._("Say why."))

    # --------------------------------------------------------------------- CRUD
    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            vals_list = [
                {name: vals[name] for name in vals if name in ASKED}
                for vals in vals_list
            ]
        return super().create(vals_list)

    def write(self, vals):
        self.check_access("write")
        if not self.env.su:
            if set(vals) - set(ASKED) or any(
                one.state != "draft" or one.create_uid != self.env.user for one in self
            ):
                raise UserError(
                    self.env._(
                        "What was asked for or decided is not changed. Ask again instead."
                    )
                )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_new_only(self):
        if any(adjustment.state != "draft" for adjustment in self):
            raise UserError(
                self.env._("What was asked for or decided is kept: it explains points.")
            )

    # ------------------------------------------------------------------ actions
    def action_post(self):
        """Post it, or ask a manager when it is above what the user may."""
        for adjustment in self:
            adjustment.check_access("write")
            if adjustment.state != "draft":
                continue
            if adjustment._may_post():
                adjustment.sudo()._settle("posted")
            else:
                adjustment.sudo().state = "waiting"

    def _may_post(self):
        """Whether the user decides alone."""
        self.ensure_one()
        program = self.sudo().member_id.program_id
        if self.env.su or self.env.user.has_group(MANAGER_GROUP):
            return abs(self.points) <= program.crm_approval_limit
        if self.kind != "grant":
            raise AccessError(self.env._("Only loyalty managers correct points."))
        before = self.sudo().search(
            [
                ("create_uid", "=", self.env.uid),
                ("member_id", "=", self.member_id.id),
                ("state", "=", "posted"),
                ("kind", "=", "grant"),
                ("decided_by_id", "=", self.env.uid),
                ("create_date", ">=", f"today -{PERIOD_DAYS}d"),
            ]
        )
        granted = sum(to_units(one.points) for one in before | self)
        return granted <= to_units(program.crm_grant_limit)

    def action_approve(self):
        """Post what somebody else asked for."""
        self._check_may_decide()
        self.sudo()._settle("posted")

    def action_refuse(self):
        """Keep it, without points."""
        self._check_may_decide()
        self.sudo()._settle("refused")

    def _check_may_decide(self):
        self.check_access("read")
        self.sudo().lock_for_update()
        if not all(self.mapped("may_decide")):
            raise AccessError(
                self.env._(
                    "Another loyalty manager than the one who asked decides, once."
                )
            )

    # ------------------------------------------------------------------ privacy
    def _erase_person(self):
        """The ledger has the same words."""
        moves = self.env["crm.loyalty.move"].sudo()
        moves.search([("adjustment_id", "in", self.ids)])._erase_person()
        return super()._erase_person()

    # ------------------------------------------------------------------- ledger
    def _settle(self, state):
        for adjustment in self:
            adjustment.write(
                {
                    "state": state,
                    "decided_by_id": self.env.uid,
                    "decided_at": fields.Datetime.now(),
                }
            )
            if state == "posted":
                adjustment._post()

    def _post(self):
        """Let the ledger follow, once."""
        self.ensure_one()
        member = self.member_id._get_current()
        points = to_units(self.points)
        vals = {
            "kind": self.kind,
            "key": f"adjustment:{self.id}",
            "adjustment_id": self.id,
            "reason": self.reason,
        }
        if points > 0:
            today = member.company_id._get_value_today()
            days = member.program_id.crm_expiry_days
            last = fields.Date.add(today, days=days) if days else None
            return member._earn(points, vals, expires_on=last)
        if -points > member.available + member.pending:
            raise UserError(
                self.env._(
                    "%(customer)s has %(points)s: no more can be taken.",
                    customer=member.partner_id.display_name,
                    points=member._format_points(member.available + member.pending),
                )
            )
        return member._take(-points, vals)

    def _get_story(self):
        """Who asked and who decided, as sentences."""
        self.ensure_one()
        story = [
            self.env._(
                "%(points)s: asked for by %(user)s, %(moment)s.",
                points=self.member_id._format_points(to_units(self.points)),
                user=self.create_uid.name,
                moment=format_datetime(self.env, self.create_date),
            )
        ]
        if self.decided_by_id != self.create_uid:
            story.append(self.env._("Approved by %s.", self.decided_by_id.name))
        return story
