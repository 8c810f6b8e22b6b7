from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from .crm_value_profile import CHURN_LEVELS, LIFECYCLES
from .crm_value_profile_explanation import ExplainingRuns

VALUE_GROUP = "crm_value_tiering.group_value_user"
# Reasons in words take some milliseconds per contact.
MAX_CARDS = 100


class ResPartner(models.Model):
    """The value of a contact is that of its commercial entity, for the current company
    (for the main company of a branch).

    Nothing is stored on the contact: the profile is a row of its own, and these fields
    read it. They can be searched and grouped by all the same.
    """

    _inherit = "res.partner"

    # The record rules of figures ask whose customer it is.
    _value_user_idx = models.Index("(user_id)")

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
        help="How likely it is that the customer has left without saying so.",
    )
    value_score = fields.Float(
        compute="_compute_value_fields",
        search="_search_value_score",
        digits=(6, 2),
        groups=VALUE_GROUP,
        help="0 to 100: the share of customers this one is ahead of, weighted.",
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
    value_override_id = fields.Many2one(
        "crm.value.override",
        string="Tier Set by Hand",
        compute="_compute_value_fields",
        groups=VALUE_GROUP,
    )

    value_is_hidden = fields.Boolean(
        compute="_compute_value_is_hidden",
        groups=VALUE_GROUP,
        help="Another salesperson's customer: the user does not see the value.",
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
            "value_override_id": "override_id",
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
    @api.depends_context("company", "uid")
    def _compute_value_profile_id(self):
        profiles = self.env["crm.value.profile"].search_fetch(
            [
                ("partner_id", "in", self.commercial_partner_id.ids),
                ("company_id", "=", self.env.company._get_value_root().id),
            ],
            ["partner_id", *self._get_stored_value_sources()],
        )
        by_partner = {profile.partner_id.id: profile for profile in profiles}
        for partner in self:
            partner.value_profile_id = by_partner.get(
                partner.commercial_partner_id._origin.id, False
            )

    @api.depends("value_profile_id")
    @api.depends_context("company", "uid")
    def _compute_value_fields(self):
        for partner in self:
            for name, source in self._get_value_fields().items():
                partner[name] = partner.value_profile_id[source]

    @api.depends("commercial_partner_id.user_id")
    @api.depends_context("uid")
    def _compute_value_is_hidden(self):
        """As the record rules of profiles say."""
        user = self.env.user
        for partner in self:
            owner = partner.commercial_partner_id.user_id
            partner.value_is_hidden = (
                bool(owner)
                and not user._sees_all_values()
                and owner not in user.sudo().value_salesperson_ids
            )

    @api.depends("value_profile_id")
    @api.depends_context("company", "lang", "tz", "uid")
    def _compute_value_explanation_html(self):
        for partner in self:
            partner.value_explanation_html = partner.value_profile_id.explanation_html

    # -------------------------------------------------------------- search
    def _search_value(self, field_name, operator, value):
        """Domain of the contacts whose profile is as asked; the others are "not set".

        Odoo checks the groups of stored fields in a search, not of these.
        """
        self._check_field_access(self._fields[field_name], "read")
        name = self._get_value_fields().get(field_name, "id")
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented  # the ORM negates the positive one
        own = Domain("company_id", "=", self.env.company._get_value_root().id)
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
        return self._search_value("value_profile_id", operator, value)

    def _search_value_tier_id(self, operator, value):
        return self._search_value("value_tier_id", operator, value)

    def _search_value_lifecycle(self, operator, value):
        return self._search_value("value_lifecycle", operator, value)

    def _search_value_churn_level(self, operator, value):
        return self._search_value("value_churn_level", operator, value)

    def _search_value_score(self, operator, value):
        return self._search_value("value_score", operator, value)

    def _search_value_clv(self, operator, value):
        return self._search_value("value_clv", operator, value)

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
        # Of the profiles that the user may see: groups and sums of contacts tell, too.
        seen = self.env["crm.value.profile"]._search(
            [("company_id", "=", self.env.company._get_value_root().id)]
        )
        columns = ("partner_id", *self._get_stored_value_sources())
        query.add_join(
            "LEFT JOIN",
            profile,
            seen.subselect(*(SQL.identifier(seen.table, name) for name in columns)),
            SQL(
                "%s = %s",
                SQL.identifier(profile, "partner_id"),
                super()._field_to_sql(alias, "commercial_partner_id", query),
            ),
        )
        return SQL.identifier(profile, source, to_flush=profile_field)

    def action_open_value_transitions(self):
        """Open what changed for this customer, and when."""
        self.ensure_one()
        self.check_access("read")
        return self.value_profile_id.action_open_transitions()

    @api.readonly
    def get_value_card(self, company_id=False):
        """What the customer card shows of each contact, for the web client.

        The number of queries does not grow with the number of contacts, but for the
        reasons in words.

        :param company_id: id of the company whose value to show, as on a document of
            that company; default: the current one
        :return: list of dicts, one per contact in the order of ``self``: ``partner_id``,
            ``company``
            (its name, when the user works for several) and, with a profile, what
            ``crm.value.profile._get_card`` says; ``profile_id`` is False without one,
            and ``is_hidden`` tells whether another salesperson's customer is meant.
            Contacts that the user may not read, and all of them for a user without the
            right to customer value or to the company, are left out.
        """
        if not self.env.user.has_group(VALUE_GROUP):
            return []
        named = self.browse(dict.fromkeys(self.ids))
        if len(named) > MAX_CARDS:
            raise UserError(
                self.env._(
                    "Ask for %(most)s customers at most at once.", most=MAX_CARDS
                )
            )
        company = self.env["res.company"].browse(company_id or self.env.company.id)
        if company not in self.env.companies:
            return []
        partners = named.with_company(company)._filtered_access("read")
        several = len(self.env.user.company_ids) > 1
        name = company._get_value_root().sudo().name
        cards = []
        runs = ExplainingRuns()
        for partner in partners:
            card = {"partner_id": partner.id, "profile_id": False}
            card["company"] = name if several else ""
            if partner.value_profile_id:
                card.update(partner.value_profile_id._with_runs(runs)._get_card())
            else:
                card["is_hidden"] = partner.value_is_hidden
            cards.append(card)
        return cards

    def action_open_value_profile(self):
        """Open the value of the contact's commercial entity."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Customer Value"),
            "res_model": "crm.value.profile",
            "res_id": self.value_profile_id.id,
            "views": [(False, "form")],
        }

    def write(self, vals):
        if not {"parent_id", "is_company", "active"} & vals.keys():
            return super().write(vals)
        partners = self.sudo()
        before = partners.commercial_partner_id
        result = super().write(vals)
        partners._move_value(before)
        return result

    def _move_value(self, before):
        """Bring profiles in line with the customers that these contacts belong to now.

        :param before: the commercial partners that they belonged to
        """
        after = self.commercial_partner_id
        if before != after:
            joined = self.filtered(lambda p: p.commercial_partner_id != p)
            # what somebody decided about a person is not meant for a company
            overrides = self.env["crm.value.override"]
            overrides.search([("partner_id", "in", joined.ids)]).action_end()
            profiles = self.env["crm.value.profile"]
            profiles._remember_origin(joined)
            for customer, partners in joined.grouped("commercial_partner_id").items():
                profiles._follow_customer(partners, customer)
            profiles._give_back(self - joined)
            overrides._update_leads(after.ids)
        (before | after)._mark_value_dirty()

    def _mark_value_dirty(self):
        """The figures of these customers are no longer those of their orders.

        Called with commercial partners whose orders became more or fewer without any
        order being touched: merged, moved to another company, archived, taken back.
        """
        self.env["crm.value.dirty"]._mark(self.ids)

    def action_set_value_tier(self):
        """Open the wizard that sets the tier of the customer by hand."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Set Tier"),
            "res_model": "crm.value.override.set",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_partner_id": self.commercial_partner_id.id,
                "default_company_id": self.env.company.id,
            },
        }

    def action_end_value_override(self):
        """Return the customer to the earned tier."""
        self.ensure_one()
        self.value_override_id.action_end()
