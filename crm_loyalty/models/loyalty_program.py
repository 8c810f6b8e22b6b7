from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tools import format_list, formatLang

from odoo.addons.crm_value_tiering.models.crm_limits_mixin import (
    MAX_DATE,
    MAX_DAYS,
    MIN_DATE,
)

from ..fields import Quantity
from ..points import MAX_POINTS, to_units

# Who reads how a program gives points.
READERS = "sales_team.group_sale_salesman,crm_loyalty.group_loyalty_auditor"
EARNING = (
    "crm_earn_on", "crm_rate_points", "crm_rate_amount", "crm_full_steps", "crm_base",
    "crm_gross", "crm_with_delivery", "crm_category_ids", "crm_excluded_product_ids",
    "crm_rounding_unit", "crm_rounding_method", "crm_pending_days", "crm_expiry_days",
    "crm_grace_days", "crm_beneficiary", "crm_multiplier_ids", "crm_earn_from",
)  # fmt: skip


class LoyaltyProgram(models.Model):
    """A program whose points are kept in a ledger.

    It is one of Odoo's loyalty programs without rules: Odoo redeems the rewards, the
    ledger earns, waits, expires and takes back.
    """

    _name = "loyalty.program"
    _inherit = ["loyalty.program", "crm.limits.mixin", "crm.named.mixin"]

    crm_ledger = fields.Boolean(
        string="Points Ledger",
        readonly=True,
        help="Points are earned, expire and are taken back by the ledger of customer "
        "loyalty.",
        groups=READERS,
    )
    crm_earn_on = fields.Selection(
        [
            ("order", "Order confirmed"),
            ("invoice", "Invoice posted"),
            ("payment", "Invoice paid"),
        ],
        string="Points For",
        default="invoice",
        required=True,
        help="When a purchase gives points. A document that is known keeps the choice "
        "that held when it came.",
        groups=READERS,
    )
    crm_earn_from = fields.Date(
        string="From",
        default=fields.Date.context_today,
        help="Purchases before this day give no points.",
        limits=(MIN_DATE, MAX_DATE),
        groups=READERS,
    )
    crm_rate_points = Quantity(
        string="Points per Amount",
        default=1.0,
        digits=(16, 2),
        required=True,
        limits=(0.01, MAX_POINTS),
        groups=READERS,
    )
    crm_rate_amount = Quantity(
        string="Amount",
        default=1.0,
        digits=(16, 2),
        required=True,
        limits=(0.01, MAX_POINTS),
        groups=READERS,
    )
    crm_full_steps = fields.Boolean(
        string="Full Amounts Only",
        help="Without it, 5 points for each 2.50 are 6 points for 3.00; with it, 5.",
        groups=READERS,
    )
    crm_base = fields.Selection(
        [("untaxed", "Without taxes"), ("taxed", "With taxes")],
        string="Amounts",
        default="untaxed",
        required=True,
        groups=READERS,
    )
    crm_gross = fields.Boolean(
        string="Before Discounts",
        help="Count the goods before rewards and discounts of the whole order.",
        groups=READERS,
    )
    crm_with_delivery = fields.Boolean(
        string="Delivery Counts",
        groups=READERS,
    )
    crm_category_ids = fields.Many2many(
        "product.category",
        "crm_loyalty_program_category_rel",
        string="Only These Categories",
        help="Products of other categories give no points. Empty: all give points.",
        groups=READERS,
    )
    crm_excluded_product_ids = fields.Many2many(
        "product.product",
        "crm_loyalty_program_product_rel",
        string="Except These Products",
        groups=READERS,
    )
    crm_rounding_unit = fields.Selection(
        [("1", "0.01 points"), ("10", "0.1 points"), ("100", "Whole points")],
        string="Round to",
        default="100",
        required=True,
        groups=READERS,
    )
    crm_rounding_method = fields.Selection(
        [("down", "Down"), ("half_up", "To the nearest")],
        string="Rounding",
        default="down",
        required=True,
        groups=READERS,
    )
    crm_pending_days = fields.Integer(
        string="Usable After (Days)",
        help="Days from the purchase until its points can be used: the time in which "
        "customers return goods. 0: at once.",
        limits=(0, MAX_DAYS),
        groups=READERS,
    )
    crm_expiry_days = fields.Integer(
        string="Valid For (Days)",
        default=365,
        help="Days for which points can be used. 0: they never expire.",
        limits=(0, MAX_DAYS),
        groups=READERS,
    )
    crm_grace_days = fields.Integer(
        string="Days of Grace",
        default=30,
        help="For so long points can be used that come back after they had expired.",
        limits=(0, MAX_DAYS),
        groups=READERS,
    )
    crm_beneficiary = fields.Selection(
        [("buyer", "Customer of the order"), ("payer", "Customer of the invoice")],
        string="Points Go To",
        default="buyer",
        required=True,
        help="The company of a contact gets them, whoever of it has ordered.",
        groups=READERS,
    )
    crm_multiplier_ids = fields.One2many(
        "crm.loyalty.multiplier",
        "program_id",
        string="Points by Value Tier",
        copy=True,
        groups=READERS,
    )
    crm_grant_limit = Quantity(
        string="Salespeople Grant up to",
        default=100,
        digits=(16, 2),
        help="Points that a salesperson may grant to a member within 30 days. Above it a "
        "loyalty manager decides.",
        limits=(0, MAX_POINTS),
        groups=READERS,
    )
    crm_approval_limit = Quantity(
        string="Second Approver above",
        default=1000,
        digits=(16, 2),
        help="Above this many points a second loyalty manager has to agree.",
        limits=(0, MAX_POINTS),
        groups=READERS,
    )
    crm_summary = fields.Text(
        string="In Words",
        compute="_compute_crm_summary",
        groups=READERS,
    )
    crm_member_count = fields.Integer(
        compute="_compute_crm_member_count",
        groups=READERS,
    )

    # --------------------------------------------------------------------- rules
    @api.constrains("crm_ledger", "company_id")
    def _check_crm_ledger(self):
        if any(program.crm_ledger and not program.company_id for program in self):
            raise ValidationError(
                self.env._("A program with a points ledger belongs to a company.")
            )

    def write(self, vals):
        """Whose points they are is decided once."""
        self.check_access("write")
        for program in self.sudo().filtered("crm_ledger"):
            for name in ("company_id", "program_type", "applies_on", "crm_ledger"):
                value = program[name].id if name == "company_id" else program[name]
                if name in vals and vals[name] != value:
                    raise ValidationError(
                        self.env._(
                            "Company and kind of a program with a points ledger stay "
                            "as they are. Create another program instead."
                        )
                    )
        return super().write(vals)

    @api.model
    def _get_naming_fields(self):
        return [
            *super()._get_naming_fields(),
            ("crm.loyalty.member", "program_id"),
            ("crm.loyalty.document", "program_id"),
            ("crm.loyalty.move", "program_id"),
            ("crm.loyalty.referral", "program_id"),
        ]

    def _read_group_groupby(self, alias, groupby_spec, query):
        # Odoo groups by a many2many field without asking who may read it.
        field = self._fields.get(groupby_spec.split(":")[0].split(".")[0])
        if field is not None:
            self._check_field_access(field, "read")
        return super()._read_group_groupby(alias, groupby_spec, query)

    # ------------------------------------------------------------------ creation
    @api.model
    def _prepare_ledger_vals(self):
        """What makes a program one of the ledger.

        All five are given: else Odoo fills them in as for a program with rules.
        """
        return {
            "crm_ledger": True,
            "program_type": "loyalty",
            "applies_on": "both",
            "trigger": "auto",
            "rule_ids": [],
            "communication_plan_ids": [],
            "portal_visible": True,
        }

    @api.model
    def _create_ledger_program(self, vals):
        """A program of the ledger, with at least one reward in ``vals``."""
        return self.create({**vals, **self._prepare_ledger_vals()})

    # ------------------------------------------------------------------- earning
    @api.model
    def _get_earning(self, company):
        """Programs in which purchases of ``company`` give points.

        A branch sells under the programs of the companies above it.
        """
        return self.sudo().search(
            [
                ("crm_ledger", "=", True),
                ("company_id", "parent_of", company.id),
            ]
        )

    @api.model
    def _get_ledger_companies(self):
        """Companies whose members may have points, of archived programs too."""
        programs = self.sudo().with_context(active_test=False)
        return programs.search([("crm_ledger", "=", True)]).company_id

    def _is_running(self, day):
        """Whether a purchase of ``day`` gives points."""
        self.ensure_one()
        return bool(
            self.active
            and (not self.crm_earn_from or day >= self.crm_earn_from)
            and (not self.date_from or day >= self.date_from)
            and (not self.date_to or day <= self.date_to)
        )

    def _get_terms(self):
        """What counts of a purchase, as a document keeps it."""
        self.ensure_one()
        return {
            "taxed": self.crm_base == "taxed",
            "gross": self.crm_gross,
            "delivery": self.crm_with_delivery,
            "categories": self.env["product.category"]
            .search([("id", "child_of", self.crm_category_ids.ids)])
            .ids
            if self.crm_category_ids
            else [],
            "excluded": self.crm_excluded_product_ids.ids,
        }

    def _get_multiplier(self, partner, company):
        """Hook: percent of the points a customer gets, and why.

        :param partner: the commercial entity
        :return: tuple of the percent and the name of the tier, or of another reason
        """
        self.ensure_one()
        profile = (
            self.env["crm.value.profile"]
            .sudo()
            .search([("partner_id", "=", partner.id), ("company_id", "=", company.id)])
        )
        tier = profile.tier_id
        line = self.crm_multiplier_ids.filtered(lambda line: line.tier_id == tier)
        return (line.percent if line else 100), tier.name or ""

    def _get_lot_days(self, day):
        """First and last day of points of a purchase of ``day``; None: at once, never."""
        self.ensure_one()
        first = fields.Date.add(day, days=self.crm_pending_days)
        last = fields.Date.add(first, days=self.crm_expiry_days)
        return (
            first if self.crm_pending_days else None,
            last if self.crm_expiry_days else None,
        )

    def _get_rate(self):
        """Points for an amount, as ``points.earn`` takes them."""
        self.ensure_one()
        return {
            "points": to_units(self.crm_rate_points),
            "amount": to_units(
                self.crm_rate_amount, self.company_id.currency_id.decimal_places
            )
            or 1,
            "steps": self.crm_full_steps,
            "unit": int(self.crm_rounding_unit),
            "half_up": self.crm_rounding_method == "half_up",
        }

    # --------------------------------------------------------------------- words
    @api.depends(*EARNING, "portal_point_name", "reward_ids", "crm_ledger")
    @api.depends_context("lang")
    def _compute_crm_summary(self):
        for program in self:
            program.crm_summary = (
                "\n".join(program._get_summary()) if program.crm_ledger else False
            )

    def _get_summary(self):
        """The program in plain words, a sentence each."""
        self.ensure_one()
        points = self._format_ledger_points(self.crm_rate_points)
        amount = self.company_id.currency_id.format(self.crm_rate_amount)
        goods = self._get_goods_text()
        if self.crm_full_steps:
            rate = self.env._(
                "Customers get %(points)s for each full %(amount)s of %(goods)s.",
                points=points,
                amount=amount,
                goods=goods,
            )
        else:
            rate = self.env._(
                "Customers get %(points)s for each %(amount)s of %(goods)s.",
                points=points,
                amount=amount,
                goods=goods,
            )
        return [
            rate,
            self._get_moment_text(),
            self._get_time_text(),
            self.env._(
                "Gift cards, free products and rewards never give points; credit notes "
                "take them back in proportion."
            ),
            *self._get_tier_texts(),
            *(
                self.env._(
                    "%(points)s: %(reward)s.",
                    points=self._format_ledger_points(reward.required_points),
                    reward=reward.description,
                )
                for reward in self.reward_ids
                if reward.description
            ),
        ]

    def _get_goods_text(self):
        goods = (
            self.env._("goods with taxes")
            if self.crm_base == "taxed"
            else self.env._("goods without taxes")
        )
        if self.crm_category_ids:
            goods = self.env._(
                "%(goods)s of %(categories)s",
                goods=goods,
                categories=format_list(
                    self.env, self.crm_category_ids.mapped("display_name")
                ),
            )
        if self.crm_gross:
            return self.env._("%s, before rewards and discounts of the order", goods)
        return self.env._("%s, after rewards and discounts of the order", goods)

    def _get_moment_text(self):
        return {
            "order": self.env._("The points come when the order is confirmed."),
            "invoice": self.env._("The points come when the invoice is posted."),
            "payment": self.env._("The points come when the invoice is paid."),
        }[self.crm_earn_on]

    def _get_time_text(self):
        start = (
            self.env._("They can be used %s days later", self.crm_pending_days)
            if self.crm_pending_days
            else self.env._("They can be used at once")
        )
        if not self.crm_expiry_days:
            return self.env._("%s, and never expire.", start)
        return self.env._(
            "%(start)s, for %(days)s days, the oldest first.",
            start=start,
            days=self.crm_expiry_days,
        )

    def _get_tier_texts(self):
        return [
            self.env._(
                "Customers of tier %(tier)s get %(percent)s %% of the points.",
                tier=line.tier_id.name,
                percent=line.percent,
            )
            for line in self.crm_multiplier_ids
        ]

    def _format_ledger_points(self, points):
        """Points with their name, in the user's language."""
        digits = 0 if points == round(points) else 2
        number = formatLang(self.env, points, digits=digits)
        return f"{number} {self.portal_point_name or self.env._('points')}"

    def _compute_crm_member_count(self):
        counts = dict(
            self.env["crm.loyalty.member"]._read_group(
                [("program_id", "in", self.ids)], ["program_id"], ["__count"]
            )
        )
        for program in self:
            program.crm_member_count = counts.get(program, 0)

    def action_open_members(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_loyalty.crm_loyalty_member_action"
        )
        return {**action, "domain": [("program_id", "=", self.id)]}

    @api.model
    def _prepare_reward_commands(self, points, amount):
        """The first reward: ``amount`` off an order for ``points``."""
        return [
            Command.create(
                {
                    "reward_type": "discount",
                    "discount_mode": "per_order",
                    "discount_applicability": "order",
                    "discount": amount,
                    "required_points": points,
                }
            )
        ]
