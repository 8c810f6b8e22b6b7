from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .crm_value_profile import CHURN_LEVELS, LIFECYCLES

VALUE_GROUP = "crm_value_tiering.group_value_user"


class ResPartner(models.Model):
    """The value of a contact is that of its commercial entity, for the current company.

    Nothing is stored on the contact: the profile is a row of its own, and these fields
    read it. They can be searched and grouped by all the same.
    """

    _inherit = "res.partner"

    value_profile_id = fields.Many2one(
        "crm.value.profile",
        string="Customer Value",
        compute="_compute_value_profile_id",
        search="_search_value_profile_id",
        groups=VALUE_GROUP,
    )
    value_tier_id = fields.Many2one(
        "crm.value.tier",
        compute="_compute_value_fields",
        search="_search_value_tier_id",
        groups=VALUE_GROUP,
        help="Tier of the customer in the current company.",
    )
    value_tier_color = fields.Integer(
        compute="_compute_value_fields", groups=VALUE_GROUP
    )
    value_lifecycle = fields.Selection(
        LIFECYCLES,
        string="Lifecycle Stage",
        compute="_compute_value_fields",
        search="_search_value_lifecycle",
        groups=VALUE_GROUP,
        help="New, growing, mature, declining or lost, by the rules of the value model.",
    )
    value_churn_level = fields.Selection(
        CHURN_LEVELS,
        string="Churn Risk",
        compute="_compute_value_fields",
        search="_search_value_churn_level",
        groups=VALUE_GROUP,
        help="How likely the customer has left without saying so.",
    )
    value_score = fields.Float(
        compute="_compute_value_fields",
        search="_search_value_score",
        digits=(6, 2),
        groups=VALUE_GROUP,
        help="0 to 100: the weighted mean of the scores.",
    )
    value_clv = fields.Monetary(
        string="Predicted Lifetime Value",
        compute="_compute_value_fields",
        search="_search_value_clv",
        currency_field="value_currency_id",
        groups=VALUE_GROUP,
        help="Expected purchases over the horizon × expected amount × margin, "
        "discounted. A margin.",
    )
    value_currency_id = fields.Many2one(
        "res.currency", compute="_compute_value_fields", groups=VALUE_GROUP
    )

    value_clv_simple = fields.Monetary(
        string="Annual Revenue × Retention",
        compute="_compute_value_fields",
        currency_field="value_currency_id",
        groups=VALUE_GROUP,
        help="Revenue of the last 365 days times the probability of a purchase within "
        "the next 365 days. A revenue.",
    )
    value_revenue_year = fields.Monetary(
        string="Annual Revenue",
        compute="_compute_value_fields",
        currency_field="value_currency_id",
        groups=VALUE_GROUP,
        help="Untaxed revenue less refunds of the last 365 days.",
    )
    value_purchase_days = fields.Integer(
        string="Purchases",
        compute="_compute_value_fields",
        groups=VALUE_GROUP,
        help="Days with at least one confirmed order or posted invoice, in all.",
    )
    value_last_purchase = fields.Date(
        string="Last Purchase", compute="_compute_value_fields", groups=VALUE_GROUP
    )
    value_as_of = fields.Date(
        string="As of", compute="_compute_value_fields", groups=VALUE_GROUP
    )
    value_strategy = fields.Text(
        string="Strategy", compute="_compute_value_fields", groups=VALUE_GROUP
    )
    value_explanation_html = fields.Html(
        string="Why",
        compute="_compute_value_explanation_html",
        sanitize=False,
        groups=VALUE_GROUP,
    )

    @api.model
    def _get_value_fields(self):
        """Hook: field of the contact → field of the profile that it shows."""
        return {
            "value_tier_id": "tier_id",
            "value_tier_color": "tier_color",
            "value_lifecycle": "lifecycle",
            "value_churn_level": "churn_level",
            "value_score": "value_score",
            "value_clv": "clv_predictive",
            "value_currency_id": "currency_id",
            "value_clv_simple": "clv_simple",
            "value_revenue_year": "revenue_year",
            "value_purchase_days": "purchase_days",
            "value_last_purchase": "last_purchase",
            "value_as_of": "as_of",
            "value_strategy": "tier_strategy",
        }

    @api.model
    def _get_stored_value_sources(self):
        profile = self.env["crm.value.profile"]
        return [
            source
            for source in self._get_value_fields().values()
            if profile._fields[source].store
        ]

    @api.depends("commercial_partner_id")
    @api.depends_context("company")
    def _compute_value_profile_id(self):
        profiles = self.env["crm.value.profile"].search_fetch(
            [
                ("partner_id", "in", self.commercial_partner_id.ids),
                ("company_id", "=", self.env.company.id),
            ],
            ["partner_id", *self._get_stored_value_sources()],
        )
        by_partner = {profile.partner_id.id: profile for profile in profiles}
        for partner in self:
            partner.value_profile_id = by_partner.get(
                partner.commercial_partner_id._origin.id, False
            )

    @api.depends("value_profile_id")
    @api.depends_context("company")
    def _compute_value_fields(self):
        for partner in self:
            for name, source in self._get_value_fields().items():
                partner[name] = partner.value_profile_id[source]

    @api.depends("value_profile_id")
    @api.depends_context("company", "lang", "uid")
    def _compute_value_explanation_html(self):
        for partner in self:
            partner.value_explanation_html = partner.value_profile_id.explanation_html

    # -------------------------------------------------------------- search
    def _search_value(self, name, operator, value):
        """Domain of the contacts whose profile's ``name`` is as asked.

        Contacts without a profile are found by "not set".
        """
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented  # the ORM negates the positive one
        own = Domain("company_id", "=", self.env.company.id)
        profiles = self.env["crm.value.profile"]
        empty = False
        if operator == "in":
            empty = any(item in (False, None, 0) for item in value)
            value = [item for item in value if item not in (False, None, 0)]
        found = profiles._search(own & Domain(name, operator, value))
        domain = Domain("commercial_partner_id", "in", found.subselect("partner_id"))
        if empty:
            unset = (0, False) if profiles._fields[name].type == "float" else (False,)
            filled = profiles._search(own & Domain(name, "not in", unset))
            domain |= Domain(
                "commercial_partner_id", "not in", filled.subselect("partner_id")
            )
        return domain

    def _search_value_profile_id(self, operator, value):
        return self._search_value("id", operator, value)

    def _search_value_tier_id(self, operator, value):
        return self._search_value("tier_id", operator, value)

    def _search_value_lifecycle(self, operator, value):
        return self._search_value("lifecycle", operator, value)

    def _search_value_churn_level(self, operator, value):
        return self._search_value("churn_level", operator, value)

    def _search_value_score(self, operator, value):
        return self._search_value("value_score", operator, value)

    def _search_value_clv(self, operator, value):
        return self._search_value("clv_predictive", operator, value)

    # ------------------------------------------------------------ grouping
    def _field_to_sql(self, alias, field_expr, query=None):
        """Group, sort and aggregate contacts by their profile's columns."""
        source = self._get_value_fields().get(field_expr)
        profile_field = source and self.env["crm.value.profile"]._fields[source]
        # "is None", because the truth of a query is found by running it
        if query is None or not profile_field or not profile_field.store:
            return super()._field_to_sql(alias, field_expr, query)
        self._check_field_access(self._fields[field_expr], "read")
        profile = query.make_alias(alias, "value_profile")
        query.add_join(
            "LEFT JOIN",
            profile,
            "crm_value_profile",
            SQL(
                "%s = %s AND %s = %s",
                SQL.identifier(profile, "partner_id"),
                super()._field_to_sql(alias, "commercial_partner_id", query),
                SQL.identifier(profile, "company_id"),
                self.env.company.id,
            ),
        )
        return SQL.identifier(profile, source, to_flush=profile_field)

    def action_open_value_transitions(self):
        """Open what changed for this customer, and when."""
        self.ensure_one()
        self.check_access("read")
        return self.value_profile_id.action_open_transitions()
