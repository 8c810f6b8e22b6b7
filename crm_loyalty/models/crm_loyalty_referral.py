import re

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL, format_date

from ..fields import Points

MANAGER_GROUP = "crm_loyalty.group_loyalty_manager"
AUDITOR_GROUP = "crm_loyalty.group_loyalty_auditor"
# One customer is brought once: these hold the place.
LIVE = ("waiting", "qualified", "rewarded", "reversed")


class CrmLoyaltyReferral(models.Model):
    """Who brought whom, and what both get for it.

    The referred customer is a member, too, from the day of the referral: so the referral
    follows when contacts are merged, and keeps no name when one is erased. What was
    promised is kept (``terms``); both rewards are moves of the ledger, with keys of
    their own, see :meth:`_refresh`.
    """

    _name = "crm.loyalty.referral"
    _inherit = ["crm.company.mixin", "crm.explanation.mixin", "crm.named.mixin"]
    _description = "Referral"
    _order = "id desc"
    _rec_name = "referred_id"

    program_id = fields.Many2one(
        "loyalty.program", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(readonly=True, ondelete="restrict")
    referrer_id = fields.Many2one(
        "crm.loyalty.member",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    referred_id = fields.Many2one(
        "crm.loyalty.member",
        string="New Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    how = fields.Selection(
        [
            ("seller", "Entered by a salesperson"),
            ("portal", "Entered by the customer"),
            ("link", "By the link"),
        ],
        required=True,
        readonly=True,
        default="seller",
    )
    referred_on = fields.Date(string="Referred", required=True, readonly=True)
    state = fields.Selection(
        [
            ("waiting", "Waiting for a Purchase"),
            ("qualified", "Paid, May Be Returned"),
            ("rewarded", "Rewarded"),
            ("reversed", "Taken Back"),
            ("refused", "Refused"),
        ],
        required=True,
        readonly=True,
        index=True,
        default="waiting",
    )
    reason = fields.Selection(
        selection="_selection_reason",
        readonly=True,
        groups=AUDITOR_GROUP,
        help="Why it was refused, taken back or rewarded in part.",
    )
    terms = fields.Json(readonly=True, help="What was promised on the first day.")
    invoice_id = fields.Many2one(
        "account.move",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The purchase that counts.",
    )
    base = Points(readonly=True, help="What counts, in the currency's smallest unit.")
    paid_on = fields.Date(string="Paid", readonly=True)
    due_on = fields.Date(
        string="Points On",
        readonly=True,
        index="btree_not_null",
        help="From this day both get their points: the return window is over.",
    )
    rewarded_on = fields.Date(readonly=True)
    referrer_points = fields.Float(
        readonly=True,
        digits=(16, 2),
        help="What the referrer got, and has not given back.",
    )
    cycle = fields.Integer(readonly=True, help="How often points were given.")
    version = fields.Integer(readonly=True)
    checked_on = fields.Date(readonly=True)
    allowed_by_id = fields.Many2one(
        "res.users",
        string="Allowed by",
        readonly=True,
        ondelete="restrict",
        groups=AUDITOR_GROUP,
        help="Who said that it is no misuse although both have something in common.",
    )
    move_ids = fields.One2many("crm.loyalty.move", "referral_id", readonly=True)

    _referred_uniq = models.UniqueIndex(
        "(referred_id) WHERE state IN ('waiting', 'qualified', 'rewarded')",
        "This customer was referred by somebody else before.",
    )

    @api.model
    def _get_naming_fields(self):
        return [*super()._get_naming_fields(), ("crm.loyalty.move", "referral_id")]

    @api.model
    def _selection_reason(self):
        """Why nothing is given; extended by the checks."""
        return [
            ("same", self.env._("Both are the same customer")),
            ("first", self.env._("Somebody else referred the customer before")),
            ("manager", self.env._("Refused by a loyalty manager")),
            *self._get_check_labels(),
        ]

    @api.model
    def _get_check_labels(self):
        """Hook: reasons of further checks."""
        return []

    # ------------------------------------------------------------------- making
    @api.model
    def _normalize_code(self, code):
        return re.sub(r"[^0-9A-Z]", "", str(code or "")[:64].upper())

    @api.model
    def _find_code(self, code, company):
        """The member whose code it is, in a program of ``company`` that rewards
        referrals; or none."""
        code = self._normalize_code(code)
        programs = self.env["loyalty.program"]._get_referring(company)
        members = self.env["crm.loyalty.member"].sudo()
        if not code or not programs:
            return members
        # The links of a merged member go on: they are the heir's.
        found = members.with_context(active_test=False).search(
            [("referral_code", "=", code), ("program_id", "in", programs.ids)]
        )
        return found._get_current().filtered("partner_id")

    @api.model
    def _enter(self, partner, code, company):
        """A salesperson says who brought ``partner``.

        :raise ValidationError: in words, when nobody has the code
        """
        member = self._find_code(code, company)
        if not member:
            raise ValidationError(
                self.env._(
                    "Nobody has the code “%s”. Copy it from the member page of the "
                    "customer who recommends you.",
                    str(code)[:64],
                )
            )
        return self._refer(member, partner)

    @api.model
    def _refer(self, referrer, partner, how="seller"):
        """Keep that ``referrer`` brought ``partner``; said again, it is known.

        What the rules forbid is kept, too, as refused: somebody may ask, or try again.
        """
        referrer, partner = referrer.sudo(), partner.sudo().commercial_partner_id
        program = referrer.program_id
        referred = referrer._join(program, partner)
        # Of two at once the second is repeated, and finds the first.
        (referrer | referred)._lock()
        known = self.sudo().search(
            [("referrer_id", "=", referrer.id), ("referred_id", "=", referred.id)],
            limit=1,
        )
        if known:
            return known
        today = program.company_id._get_value_today()
        referral = self.sudo().create(
            {
                "program_id": program.id,
                "company_id": program.company_id.id,
                "referrer_id": referrer.id,
                "referred_id": referred.id,
                "how": how,
                "referred_on": today,
                "terms": program._get_referral_terms(),
                # until the checks have passed: one customer is brought once
                "state": "refused",
            }
        )
        refusal = referral._find_refusal()
        referral.write(
            {
                "state": "refused" if refusal else "waiting",
                "reason": refusal,
                "checked_on": today,
            }
        )
        return referral

    @api.model
    def _refer_on_portal(self, partner, code, companies, how):
        """A customer says who recommended us; they learn nothing from it."""
        for company in companies:
            member = self._find_code(code, company)
            if member:
                return self._refer(member, partner, how)
        return self.browse()

    # ------------------------------------------------------------------- checks
    def _find_refusal(self):
        """Hook: the reason for which nothing is given, or None."""
        self.ensure_one()
        if self.referrer_id == self.referred_id:
            return "same"
        others = self.search_count(
            [
                ("referred_id", "=", self.referred_id.id),
                ("state", "in", LIVE),
                ("id", "!=", self.id),
            ],
            limit=1,
        )
        return "first" if others else None

    def _lock(self):
        """Let no other transaction decide on these referrals at the same time."""
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                "UPDATE crm_loyalty_referral SET version = version + 1"
                " WHERE id = ANY(%s)",
                self.ids,
            )
        )
        self.invalidate_recordset()

    def _refuse(self, reason):
        self.write({"state": "refused", "reason": reason})

    # ------------------------------------------------------------------ actions
    def action_allow(self):
        """A manager says that what both have in common is no misuse."""
        self._check_may_decide()
        for referral in self.sudo():
            if referral.state != "refused":
                continue
            referral.allowed_by_id = self.env.user
            refusal = referral._find_refusal()
            if refusal:
                labels = dict(self._selection_reason())
                raise UserError(
                    self.env._("This cannot be allowed: %s.", labels[refusal])
                )
            referral.write({"state": "waiting", "reason": False})

    def action_refuse(self):
        """A manager refuses it, before points were given."""
        self._check_may_decide()
        if any(one.state not in ("waiting", "qualified") for one in self.sudo()):
            raise UserError(
                self.env._(
                    "Points were given already, or nothing is waiting. Correct the "
                    "points of the members with a reason instead."
                )
            )
        self.sudo()._refuse("manager")

    def _check_may_decide(self):
        self.check_access("read")
        if not (self.env.su or self.env.user.has_group(MANAGER_GROUP)):
            raise AccessError(self.env._("Loyalty managers decide on referrals."))
        self.sudo()._lock()

    # -------------------------------------------------------------------- words
    @api.model
    def _get_latest(self, partners, companies):
        """The referral that counts of each customer, by commercial partner.

        A refused one only when there is no other.
        """
        found = self.sudo().search(
            [
                ("referred_id.partner_id", "in", partners.commercial_partner_id.ids),
                ("company_id", "parent_of", companies.ids),
            ],
            order="id",
        )
        latest = {}
        for live in (False, True):
            for one in found.filtered(
                lambda one, live=live: (one.state in LIVE) == live
            ):
                latest[one.referred_id.partner_id.id] = one
        return latest

    def _get_note(self):
        """Where it stands, for whoever works with the customer: one sentence."""
        self.ensure_one()
        names = {"referrer": self.referrer_id.display_name}
        if self.state == "qualified":
            return self.env._(
                "Brought by %(referrer)s. Paid: both get their points on %(day)s.",
                day=format_date(self.env, self.due_on),
                **names,
            )
        return {
            "waiting": self.env._(
                "Brought by %(referrer)s. Both get points after the first paid purchase.",
                **names,
            ),
            "rewarded": self.env._(
                "Brought by %(referrer)s. Both have their points.", **names
            ),
            "reversed": self.env._(
                "Brought by %(referrer)s. The points were taken back.", **names
            ),
            "refused": self.env._(
                "The referral by %(referrer)s was refused. A loyalty manager sees why.",
                **names,
            ),
        }[self.state]

    def _get_explanation(self):
        why = super()._get_explanation()
        referral = self.sudo()
        why["summary"] += [
            self.env._(
                "%(referrer)s brought %(referred)s on %(day)s: %(how)s.",
                referrer=referral.referrer_id.display_name,
                referred=referral.referred_id.display_name,
                day=format_date(self.env, referral.referred_on),
                how=referral._get_label("how"),
            ),
            referral._get_note(),
        ]
        if referral.reason and self.env.user.has_group(AUDITOR_GROUP):
            why["summary"].append(
                self.env._("Reason: %s", referral._get_label("reason"))
            )
        why["values"] += referral._get_promised()
        rows = [
            {
                "who": move.member_id.display_name,
                "day": format_date(self.env, move.date),
                "what": move._get_label("kind"),
                "points": move._format_signed(),
            }
            for move in referral.move_ids.sorted("id")
        ]
        if rows:
            columns = [
                ("who", self.env._("Member")),
                ("day", self.env._("Date")),
                ("what", self.env._("What For")),
                ("points", self.env._("Points"), "end"),
            ]
            why["tables"].append(self._prepare_table(columns, rows))
        why["notes"].append(
            self.env._(
                "These are the rules of the day of the referral: a change of the program "
                "holds for later ones."
            )
        )
        return why

    def _get_promised(self):
        """The rules of this referral, as values of an explanation."""
        self.ensure_one()
        terms, currency = self.terms, self.company_id.currency_id
        scale = 10**currency.decimal_places
        values = [
            {
                "label": self.env._("Points for the referrer"),
                "amount": self.referrer_id._format_points(terms["referrer"]),
                "formula": self._get_cap_text(),
            },
            {
                "label": self.env._("Points for the new customer"),
                "amount": self.referrer_id._format_points(terms["referred"]),
                "formula": "",
            },
            {
                "label": self.env._("Smallest purchase"),
                "amount": self._format_money(terms["minimum"] / scale, currency),
                "formula": self.env._(
                    "without taxes, after discounts, paid with money"
                ),
            },
            {
                "label": self.env._("Return window"),
                "amount": self.env._("%s days", terms["days"]),
                "formula": self.env._("after the payment"),
            },
        ]
        if self.invoice_id:
            values.append(
                {
                    "label": self.invoice_id.name,
                    "amount": self._format_money(self.base / scale, currency),
                    "formula": self.env._(
                        "paid on %(paid)s, points on %(due)s",
                        paid=format_date(self.env, self.paid_on),
                        due=format_date(self.env, self.due_on),
                    ),
                }
            )
        return values

    def _get_cap_text(self):
        if not self.terms["cap"]:
            return ""
        return self.env._(
            "for at most %(count)s customers in %(days)s days",
            count=self.terms["cap"],
            days=self.terms["cap_days"],
        )
