from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import SQL

LIFECYCLES = [
    ("new", "New"),
    ("growing", "Growing"),
    ("mature", "Mature"),
    ("declining", "Declining"),
    ("lost", "Lost"),
]
CHURN_LEVELS = [("low", "Low"), ("medium", "Medium"), ("high", "High")]


class CrmValueProfile(models.Model):
    """What a customer is worth to a company: one row per company and commercial partner.

    Written by ``crm.value.engine`` in SQL, never by users. Contacts of a company
    share the profile of their commercial entity.
    """

    _name = "crm.value.profile"
    _inherit = "crm.explanation.mixin"
    _description = "Customer Value"
    _order = "value_score desc nulls last, clv_predictive desc nulls last, id"
    _rec_name = "partner_id"
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(related="partner_id.user_id", string="Salesperson")
    country_id = fields.Many2one(related="partner_id.country_id")
    run_id = fields.Many2one(
        "crm.value.run",
        string="Computation",
        compute="_compute_run_id",
        groups="crm_value_tiering.group_value_user",
        help="The latest computation for this profile's date.",
    )
    as_of = fields.Date(
        string="As of", readonly=True, help="Last day whose orders are counted."
    )

    # Classes
    tier_id = fields.Many2one("crm.value.tier", readonly=True, ondelete="restrict")
    tier_color = fields.Integer(related="tier_id.color")
    tier_strategy = fields.Text(related="tier_id.strategy")
    lifecycle = fields.Selection(
        LIFECYCLES,
        string="Lifecycle Stage",
        readonly=True,
        help="New, growing, mature, declining or lost, by the rules of the value model.",
    )
    churn_level = fields.Selection(
        CHURN_LEVELS,
        string="Churn Risk",
        readonly=True,
        help="How likely it is that the customer has left without saying so.",
    )
    data_state = fields.Selection(
        [
            ("ok", "Complete"),
            ("insufficient", "Too few customers to compare"),
            ("no_purchase", "No purchase"),
        ],
        readonly=True,
    )

    # Facts
    first_purchase = fields.Date(readonly=True)
    last_purchase = fields.Date(readonly=True)
    recency_days = fields.Integer(
        string="Days Since Last Purchase", readonly=True, aggregator="avg"
    )
    purchase_days = fields.Integer(
        string="Purchases",
        readonly=True,
        help="Days with at least one confirmed order or posted invoice that was not taken "
        "back, in all.",
    )
    window_purchases = fields.Integer(
        string="Purchases in Period",
        readonly=True,
        help="Days with a purchase in the period of the value model.",
    )
    product_count = fields.Integer(
        string="Products",
        readonly=True,
        aggregator="avg",
        help="Different products bought in the period of the value model.",
    )
    revenue_window = fields.Monetary(
        string="Revenue in Period",
        readonly=True,
        help="Untaxed revenue less refunds in the period of the value model.",
    )
    revenue_year = fields.Monetary(
        string="Annual Revenue",
        readonly=True,
        help="Untaxed revenue less refunds of the last 365 days.",
    )
    revenue_previous_year = fields.Monetary(
        string="Previous Year",
        readonly=True,
        help="Untaxed revenue less refunds of the 365 days before the last 365 days.",
    )
    revenue_total = fields.Monetary(
        string="Total Revenue",
        readonly=True,
        help="Untaxed revenue less refunds since the first purchase.",
    )
    refund_total = fields.Monetary(
        string="Refunds", readonly=True, help="Refunds and negative orders, in all."
    )
    average_purchase = fields.Monetary(
        readonly=True,
        aggregator="avg",
        help="Mean amount of a purchase, less what was returned of it.",
    )

    # Scores
    score_recency = fields.Integer(
        string="Recency",
        readonly=True,
        aggregator="avg",
        help="1 (long ago) to 5 (just now).",
    )
    score_frequency = fields.Integer(
        string="Frequency",
        readonly=True,
        aggregator="avg",
        help="1 (rarely) to 5 (often).",
    )
    score_monetary = fields.Integer(
        string="Monetary Value",
        readonly=True,
        aggregator="avg",
        help="1 (little) to 5 (much).",
    )
    score_variety = fields.Integer(
        string="Variety",
        readonly=True,
        aggregator="avg",
        help="1 (few different products) to 5 (many).",
    )
    value_score = fields.Float(
        digits=(6, 2),
        readonly=True,
        aggregator="avg",
        help="0 to 100: the share of your other customers that this one is ahead of, "
        "weighted over the dimensions.",
    )

    # Forecast
    p_alive = fields.Float(
        string="Still Active",
        readonly=True,
        aggregator="avg",
        help="Probability that the customer has not left, by the MBG/NBD model of "
        "repeat buying.",
    )
    p_buy_quarter = fields.Float(
        string="Buys Within 90 Days",
        readonly=True,
        aggregator="avg",
        help="Probability of at least one purchase within the next 90 days.",
    )
    p_buy_year = fields.Float(
        string="Buys Within a Year",
        readonly=True,
        aggregator="avg",
        help="Probability of at least one purchase within the next 365 days.",
    )
    expected_purchases = fields.Float(
        readonly=True,
        help="Number of purchases to expect within the next 365 days.",
    )
    expected_spend = fields.Monetary(
        string="Expected per Purchase",
        readonly=True,
        aggregator="avg",
        help="Amount to expect per purchase, by the Gamma-Gamma model: the customer's "
        "own mean, drawn towards everybody's the fewer purchases there are.",
    )
    clv_simple = fields.Monetary(
        string="Annual Revenue × Retention",
        readonly=True,
        help="Revenue of the last 365 days times the probability of a purchase within "
        "the next 365 days. A revenue.",
    )
    clv_predictive = fields.Monetary(
        string="Predicted Lifetime Value",
        readonly=True,
        help="Expected purchases over the horizon × expected amount × margin, "
        "discounted. A margin.",
    )
    explanation_html = fields.Html(
        groups="crm_value_tiering.group_value_user",
        help="How tier, score and lifetime values came about, in words.",
    )

    # A constraint, not an index: the merge of contacts looks for constraints.
    _company_partner_uniq = models.Constraint(
        "UNIQUE (company_id, partner_id)",
        "A customer has one value profile per company.",
    )
    _company_tier_idx = models.Index("(company_id, tier_id)")
    override_id = fields.Many2one(
        "crm.value.override",
        string="Tier Set by Hand",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    earned_tier_id = fields.Many2one(
        "crm.value.tier",
        readonly=True,
        ondelete="restrict",
        help="The tier that the figures give, while another one is set by hand.",
    )

    def init(self):
        # A full computation rewrites every row. With half of each page free it stays on
        # its page and no index is touched, which takes a third of the time.
        self.env.cr.execute(
            SQL("ALTER TABLE %s SET (fillfactor = 50)", SQL.identifier(self._table))
        )

    @api.depends("company_id", "as_of")
    def _compute_run_id(self):
        # Not stored: a full computation would write a million of them.
        runs = self.env["crm.value.run"].search_fetch(
            [
                ("company_id", "in", self.company_id.ids),
                ("as_of", "in", list(set(self.mapped("as_of")))),
                ("state", "=", "done"),
            ],
            ["company_id", "as_of"],
            order="id",
        )
        latest = {(run.company_id, run.as_of): run for run in runs}
        for profile in self:
            profile.run_id = latest.get((profile.company_id, profile.as_of), False)

    @api.depends("partner_id.display_name")
    def _compute_display_name(self):
        for profile in self:
            # as any many2one to the customer shows it: whoever may read the profile
            profile.display_name = profile.sudo().partner_id.display_name

    def action_open_partner(self):
        """Open the contact, on its value page."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "res_id": self.partner_id.id,
            "views": [(False, "form")],
        }

    def action_open_transitions(self):
        """Open what changed for this customer, and when."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_value_tiering.crm_value_transition_action"
        )
        action["domain"] = [("profile_id", "=", self.id)]
        action["context"] = {}
        return action

    @api.model
    def _get_tiers(self, partners, companies):
        """Tiers of the commercial entities of ``partners`` in each of ``companies``: in
        a branch, those of its main company.

        :return: dict (id of the commercial partner, id of the company) → tier; without an
            entry, or with an empty tier, there is none. Unsaved contacts count as what
            they were before.
        """
        customers = partners.commercial_partner_id._origin
        if not customers or not companies:
            return {}
        profiles = self.search_fetch(
            [
                ("partner_id", "in", customers.ids),
                ("company_id", "in", companies._get_value_root().ids),
            ],
            ["partner_id", "company_id", "tier_id"],
        )
        by_root = profiles.grouped("company_id")
        return {
            (profile.partner_id.id, company.id): profile.tier_id
            for company in companies
            for profile in by_root.get(company._get_value_root(), profiles.browse())
        }

    @api.model
    def get_empty_list_help(self, help_message):
        help_message = super().get_empty_list_help(help_message)
        if not self.env["crm.value.setup"].has_access("create"):
            return help_message
        own = [("company_id", "in", self.env.companies.ids)]
        if self.search_count(own, limit=1):
            return help_message
        return Markup(
            '%s<p><a type="action" class="btn btn-primary"'
            ' name="crm_value_tiering.crm_value_setup_action">%s</a></p>'
        ) % (Markup(help_message or ""), self.env._("Set Up Customer Value"))

    @api.model
    def _follow_customer(self, partners, customer):
        """Make ``customer`` the heir of the profiles of ``partners``, with their history.

        In each company the customer's own profile stays, with tier and figures as they
        are; without one it takes over the one with the most revenue. Whatever refers
        to another profile refers to that one afterwards, so that the history of all
        can be read; changes that were not its own are marked as merged. The figures
        follow with the next computation.

        :param partners: contacts that are no longer customers of their own
        :param customer: the commercial partner that they belong to now
        """
        profiles = self.sudo().search(
            [("partner_id", "in", (partners | customer).ids)], order="id"
        )
        for siblings in profiles.grouped("company_id").values():
            heir = siblings.filtered(lambda p: p.partner_id == customer)
            heir = heir or max(siblings, key=lambda p: (p.revenue_total, -p.id))
            heir._absorb(siblings - heir)
            if heir.partner_id != customer:
                heir._get_transitions().partner_id = customer
                heir.partner_id = customer

    @api.model
    def _remember_origin(self, partners):
        """Note on the changes of ``partners``, about to join another customer, that they
        are theirs."""
        changes = self.sudo().search([("partner_id", "in", partners.ids)])
        changes = changes._get_transitions().filtered(
            lambda change: not (change.is_merged or change.origin_partner_id)
        )
        for partner, own in changes.grouped("partner_id").items():
            own.origin_partner_id = partner

    @api.model
    def _give_back(self, partners):
        """Return to ``partners``, customers of their own again, what was theirs.

        Joining another customer takes no right to customer value, and may have been a
        mistake: leaving again brings the history back, and the class it led to.
        """
        changes = self.env["crm.value.transition"].sudo()
        changes = changes.search(
            [("origin_partner_id", "in", partners.ids)], order="date, id"
        )
        by_customer = changes.grouped(lambda c: (c.company_id, c.origin_partner_id))
        for (company, partner), own in by_customer.items():
            profile = self.sudo().search(
                [("company_id", "=", company.id), ("partner_id", "=", partner.id)]
            )
            heir = own.profile_id[:1]
            whole = not heir.override_id and heir._get_transitions() == own
            if not profile and whole:
                profile = heir  # all of it was theirs
                profile.partner_id = partner
            elif not profile:
                profile = self.sudo().create(
                    {
                        "company_id": company.id,
                        "partner_id": partner.id,
                        "as_of": heir.as_of,
                        "data_state": "no_purchase",
                        "purchase_days": 0,
                        **own._get_classes(),
                    }
                )
            own.write(
                {
                    "profile_id": profile.id,
                    "partner_id": partner.id,
                    "origin_partner_id": False,
                    "is_merged": False,
                }
            )

    def _get_transitions(self):
        return self.env["crm.value.transition"].search([("profile_id", "in", self.ids)])

    def _absorb(self, others):
        """Take over all that refers to ``others``, and delete them."""
        self.ensure_one()
        if not others:
            return
        transitions = others._get_transitions()
        transitions.write({"is_merged": True, "partner_id": self.partner_id.id})
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._update_foreign_keys_generic(self._name, others, self)
        wizard._update_reference_fields_generic(self._name, others, self)
        others.unlink()

    def action_set_tier(self):
        """Open the wizard that sets the tier by hand."""
        self.ensure_one()
        return self.partner_id.with_company(self.company_id).action_set_value_tier()

    def action_end_override(self):
        """Return the customer to the earned tier."""
        self.ensure_one()
        self.override_id.action_end()
