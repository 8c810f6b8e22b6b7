from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.crm_value_tiering.models.crm_limits_mixin import MAX_SEQUENCE

from .crm_incentive_case_mixin import LIMIT

KINDS = [
    ("percent", "Percentage"),
    ("stepped", "Stepped commission"),
    ("uplift", "Extra percentage"),
    ("fixed", "Fixed amount, once"),
]
TRIGGERS = [
    ("order", "A contract is signed (order confirmed)"),
    ("won", "An opportunity is won"),
    ("invoice", "An invoice is posted"),
    ("payment", "Money is received"),
    ("complex", "A complex solution is approved and signed"),
]


class CrmIncentiveRule(models.Model):
    """One sentence of a plan: who gets how much, of what, for which customers."""

    _name = "crm.incentive.rule"
    _inherit = [
        "crm.incentive.part.mixin",
        "crm.guard.mixin",
        "crm.limits.mixin",
        "crm.named.mixin",
    ]
    _description = "Incentive Rule"
    _order = "version_id, sequence, id"

    sequence = fields.Integer(default=10, limits=(0, MAX_SEQUENCE))
    name = fields.Char(required=True, translate=False)
    currency_id = fields.Many2one(related="version_id.currency_id")
    kind = fields.Selection(KINDS, required=True, default="percent")
    trigger = fields.Selection(
        TRIGGERS,
        string="Due When",
        required=True,
        default="order",
        help="What makes the pay due. A credit note takes it back in proportion.",
    )
    rate = fields.Float(
        string="Rate (%)", digits=(7, 4), aggregator=None, limits=(0, 100)
    )
    rate_low = fields.Float(
        string="From (%)", digits=(7, 4), aggregator=None, limits=(0, 100)
    )
    rate_high = fields.Float(
        string="To (%)", digits=(7, 4), aggregator=None, limits=(0, 100)
    )
    uplift_reading = fields.Selection(
        [
            ("points", "Of the amount"),
            ("relative", "Of the commission"),
        ],
        string="Extra Percentage",
        required=True,
        default="points",
        help="“+5 %”: five percent of the amount on top, or five percent more commission. "
        "On a contract of 100,000 at 2 %: 5,000 more, or 100 more.",
    )
    amount = fields.Monetary(
        limits=(0, LIMIT),
        help="Once per document, split among those who share it.",
    )
    is_on_top = fields.Boolean(
        string="On Top",
        compute="_compute_is_on_top",
        store=True,
        readonly=False,
        precompute=True,
        help="Counts beside whatever other rule fits.",
    )
    is_weighted = fields.Boolean(
        string="Weighted by Tier",
        compute="_compute_is_weighted",
        store=True,
        readonly=False,
        precompute=True,
    )
    new_only = fields.Boolean(string="New Customers Only")
    new_days = fields.Integer(
        string="New for (Days)",
        default=90,
        limits=(0, 3650),
        help="A customer is new for so many days after the first order or invoice.",
    )
    tier_ids = fields.Many2many(
        "crm.value.tier",
        string="Tiers",
        help="Customers of these tiers only, as they were when it happened. Empty: all.",
    )
    step_mode = fields.Selection(
        [
            ("marginal", "Each step's rate on its own part"),
            ("retroactive", "The reached rate on everything"),
        ],
        required=True,
        default="marginal",
    )
    step_side = fields.Selection(
        [
            ("lower", "A total of exactly the limit earns the lower rate"),
            ("upper", "A total of exactly the limit earns the higher rate"),
        ],
        string="At the Limit",
        required=True,
        default="upper",
        help="Matters only if the reached rate counts for everything.",
    )
    by_lifetime = fields.Boolean(
        string="Steps by Lifetime Value",
        help="The steps go by the customer's lifetime value, as it was known on the day, "
        "instead of the month's total: the reached step's rate counts for the document. "
        "A customer whose value was not known is on the first step.",
    )
    by_frequency = fields.Boolean(
        string="Adjusted by Frequency",
        help="The amount counts more or less by how often the customer ordered in the 12 "
        "months before: the bands of the version say how much.",
    )
    step_ids = fields.One2many("crm.incentive.step", "rule_id", copy=True)
    sentence = fields.Char(string="In Words", compute="_compute_sentence")
    curve_html = fields.Html(
        string="Pay Curve",
        compute="_compute_curve_html",
        sanitize=False,  # of a template, which escapes whatever it is given
    )

    _rate_bounds = models.Constraint(
        "CHECK (COALESCE(rate_high, 0) = 0 OR (COALESCE(rate, 0) <= rate_high"
        " AND COALESCE(rate, 0) >= COALESCE(rate_low, 0)))",
        "The rate is within its bounds.",
    )

    @api.model
    def _get_naming_fields(self):
        return [*super()._get_naming_fields(), ("crm.incentive.line", "rule_id")]

    @api.depends("kind")
    def _compute_is_on_top(self):
        for rule in self:
            rule.is_on_top = rule.kind in ("uplift", "fixed")

    @api.depends("kind")
    def _compute_is_weighted(self):
        for rule in self:
            rule.is_weighted = rule.kind in ("percent", "stepped")

    @api.depends(
        "kind", "trigger", "rate", "amount", "uplift_reading", "is_on_top",
        "is_weighted", "new_only", "new_days", "tier_ids", "step_mode", "step_side",
        "step_ids.bound", "step_ids.rate", "by_lifetime", "by_frequency",
        "version_id.precedence",
        "version_id.weight_reading", "version_id.rule_ids.sequence",
    )  # fmt: skip
    @api.depends_context("lang")
    def _compute_sentence(self):
        for rule in self:
            rule.sentence = rule._get_sentence()

    @api.depends(
        "kind", "step_mode", "step_side", "by_lifetime", "step_ids.bound",
        "step_ids.rate",
    )  # fmt: skip
    @api.depends_context("lang")
    def _compute_curve_html(self):
        for rule in self:
            curve = rule.kind == "stepped" and rule._get_curve()
            rule.curve_html = curve and self.env["ir.qweb"]._render(
                "crm_team_incentives.curve", curve
            )

    @api.constrains("kind", "rate", "amount", "step_ids")
    def _check_figures(self):
        for rule in self:
            if rule.kind in ("percent", "uplift") and not rule.rate > 0:
                raise ValidationError(
                    self.env._(
                        "“%(rule)s” needs a rate of more than 0.", rule=rule.name
                    )
                )
            if rule.kind == "fixed" and not rule.amount > 0:
                raise ValidationError(
                    self.env._(
                        "“%(rule)s” needs an amount of more than 0.", rule=rule.name
                    )
                )

    def _check_complete(self):
        """:raise UserError: what the rule lacks before it can be reviewed"""
        self.ensure_one()
        if self.kind == "stepped" and 0 not in self.step_ids.mapped("bound"):
            raise UserError(
                self.env._(
                    "The steps of “%(rule)s” must begin at 0, so that every total "
                    "falls into exactly one step.",
                    rule=self.name,
                )
            )

        if self._uses_frequency() and 0 not in self.version_id.frequency_ids.mapped(
            "orders_from"
        ):
            raise UserError(
                self.env._(
                    "“%(rule)s” is adjusted by frequency: the version's bands must begin "
                    "at 0 orders, so that every customer falls into exactly one band.",
                    rule=self.name,
                )
            )

    def _uses_lifetime(self):
        """Whether its steps go by the customer's lifetime value."""
        return self.kind == "stepped" and self.by_lifetime

    def _uses_frequency(self):
        """Whether its amounts count more or less by how often the customer orders."""
        return self.kind in ("percent", "stepped") and self.by_frequency

    def _takes_all_of(self, other):
        """Whether every document that fits ``other`` fits this rule as well."""
        self.ensure_one()
        if self.tier_ids and (not other.tier_ids or other.tier_ids - self.tier_ids):
            return False
        return not self.new_only or (other.new_only and other.new_days <= self.new_days)

    def _get_terms(self):
        """What the rule says, for the fingerprint of its version."""
        names = (
            "kind", "trigger", "rate", "amount", "uplift_reading", "is_on_top",
            "is_weighted", "new_only", "new_days", "step_mode", "step_side",
        )  # fmt: skip
        return {
            **{name: repr(self[name]) for name in names},
            # only where they are said, so that older terms keep their fingerprint
            **({"by_lifetime": True} if self._uses_lifetime() else {}),
            **({"by_frequency": True} if self._uses_frequency() else {}),
            "tiers": sorted(self.tier_ids.ids),
            "steps": [[repr(step.bound), repr(step.rate)] for step in self.step_ids],
        }

    # ------------------------------------------------------------------ in words
    def _get_sentence(self):
        self.ensure_one()
        parts = [self._get_pay_words()]
        if self.new_only:
            parts.append(
                self.env._(
                    "for new customers (until %(days)s days after the first purchase)",
                    days=self.new_days,
                )
            )
        if self.tier_ids:
            parts.append(
                self.env._(
                    "for customers in %(tiers)s",
                    tiers=", ".join(self.tier_ids.mapped("name")),
                )
            )
        if self.is_weighted and self.version_id.weight_reading not in ("none", False):
            parts.append(self.env._("weighted by the customer's tier"))
        if self._uses_frequency():
            parts.append(self.env._("adjusted by how often the customer orders"))
        if self.is_on_top:
            parts.append(self.env._("on top of other rules"))
        elif before := self._get_rules_before():
            parts.append(
                self.env._(
                    "except what %(rules)s takes",
                    rules=", ".join(f"“{rule.name}”" for rule in before),
                )
            )
        text = self.env._(
            "%(what)s, when %(trigger)s.",
            what=", ".join(parts),
            trigger=self._get_trigger_words(),
        )
        return text[:1].upper() + text[1:]

    def _get_trigger_words(self):
        words = {
            "order": self.env._("the contract is signed"),
            "won": self.env._("the opportunity is won"),
            "invoice": self.env._("the invoice is posted"),
            "payment": self.env._("the money is received, in proportion"),
            "complex": self.env._(
                "the contract is signed and somebody approved that it is complex"
            ),
        }
        return words.get(self.trigger, "")

    def _get_rules_before(self):
        version = self.version_id
        if version.precedence != "first":
            return self.browse()
        place = (self.sequence, self._origin.id or 0)
        return version.rule_ids.filtered(
            lambda rule: (
                not rule.is_on_top
                and rule.trigger == self.trigger
                and (rule.sequence, rule._origin.id or 0) < place
            )
        )

    def _get_pay_words(self):
        form = self.env["crm.explanation.mixin"]
        rate = form._format_rate(self.rate)
        currency = self.currency_id or self.env.company.currency_id
        if self.kind == "percent":
            return self.env._("%(rate)s of the untaxed amount", rate=rate)
        if self.kind == "fixed":
            amount = form._format_money(self.amount, currency)
            return self.env._("%(amount)s once per document", amount=amount)
        if self.kind == "uplift":
            if self.uplift_reading == "points":
                return self.env._("%(rate)s more of the untaxed amount", rate=rate)
            return self.env._("%(rate)s more commission", rate=rate)
        steps = ", ".join(
            self.env._(
                "%(rate)s from %(bound)s",
                rate=form._format_rate(step.rate),
                bound=form._format_money(step.bound, currency),
            )
            for step in self.step_ids.sorted("bound")
        )
        if self.by_lifetime:
            if self.step_side == "lower":
                return self.env._(
                    "by the customer's lifetime value of the day, the lower rate exactly "
                    "at a limit: %s",
                    steps,
                )
            return self.env._("by the customer's lifetime value of the day: %s", steps)
        if self.step_mode == "marginal":
            return self.env._("by the month's total, each part at its rate: %s", steps)
        if self.step_side == "lower":
            return self.env._(
                "by the month's total, the reached rate on everything, the lower one "
                "exactly at a limit: %s",
                steps,
            )
        return self.env._(
            "by the month's total, the reached rate on everything, the higher one "
            "exactly at a limit: %s",
            steps,
        )

    # --------------------------------------------------------------------- curve
    def _get_curve(self):
        """The pay by the total, as points of a picture of 320 × 160.

        A step that counts for everything makes the pay jump: two points of one total.
        Of steps by the lifetime value it is the rate that is drawn.
        """
        steps = self.step_ids.sorted("bound")
        if not steps:
            return False
        end = (steps[-1].bound or 1000) * 1.5
        points, pay = [], 0.0
        for step, following in zip(steps, [*steps[1:], None], strict=True):
            until = following.bound if following else end
            if self.by_lifetime:
                pay = step.rate
            elif self.step_mode == "retroactive":
                pay = step.bound * step.rate / 100
            points.append((step.bound, pay))
            if self.by_lifetime:
                pay = step.rate
            elif self.step_mode == "retroactive":
                pay = until * step.rate / 100
            else:
                pay += (until - step.bound) * step.rate / 100
            points.append((until, pay))
        top = max(pay for _total, pay in points) or 1
        texts = self.env["crm.explanation.mixin"]
        form = texts._format_points
        return {
            "line": " ".join(
                f"{10 + 300 * total / end:.1f},{150 - 130 * pay / top:.1f}"
                for total, pay in points
            ),
            "ticks": [
                (f"{10 + 300 * step.bound / end:.1f}", form(step.bound))
                for step in steps
            ],
            "top": texts._format_rate(top) if self.by_lifetime else form(top),
            "end": form(end),
        }
