from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, format_date


class CrmValueOverride(models.Model):
    """A tier that a manager gave a customer, whatever the figures say.

    It is valid for [date_from, date_to) and never changed or deleted: ending it sets
    ``date_to``, so that the history stays true. Creating and ending take effect at
    once, see :meth:`_apply`; computations keep it, see ``_get_tier_columns`` of the
    engine.
    """

    _name = "crm.value.override"
    _description = "Tier Set by Hand"
    _inherit = ["crm.company.mixin", "crm.effective.mixin", "crm.erasable.mixin"]
    _order = "date_from desc, id desc"
    _of_main_company = True
    _rec_name = "partner_id"
    _erasable_texts = ("reason",)

    date_from = fields.Date(default=lambda self: self.env.company._get_value_today())
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        index=True,
        ondelete="cascade",
        help="The commercial entity: its contacts share the tier.",
    )
    tier_id = fields.Many2one(
        "crm.value.tier", required=True, index=True, ondelete="restrict"
    )
    tier_color = fields.Integer(related="tier_id.color")
    reason = fields.Text(
        required=True, help="Why the figures are wrong about this customer."
    )
    user_id = fields.Many2one("res.users", string="Set By", readonly=True)
    ended_by_id = fields.Many2one(
        "res.users",
        readonly=True,
        help="Who ended it early. Empty: it expired, or is still valid.",
    )
    is_active = fields.Boolean(
        string="Valid Today", compute="_compute_is_active", search="_search_is_active"
    )

    _no_overlap = models.Constraint(
        "EXCLUDE USING gist (int4range(company_id, company_id, '[]') WITH &&,"
        " int4range(partner_id, partner_id, '[]') WITH &&,"
        " daterange(date_from, date_to) WITH &&)",
        "The tier of this customer is set by hand already: end that first.",
    )

    @api.depends("date_from", "date_to", "company_id")
    def _compute_is_active(self):
        for override in self:
            today = override.company_id._get_value_today()
            override.is_active = override._holds_on(today)

    def _search_is_active(self, operator, value):
        if operator != "in" or set(value) != {True}:
            return NotImplemented
        return Domain.OR(
            Domain("company_id", "=", company.id)
            & self._get_effective_domain(company._get_value_today())
            for company in self.env["res.company"].sudo().search([])
        )

    def _holds_on(self, day):
        self.ensure_one()
        return self.date_from <= day and (not self.date_to or self.date_to > day)

    def _check_effective_dates(self):
        """As everywhere, but one may end on the day it began: it was never valid."""
        ended = self.filtered(lambda o: o.date_to and o.date_to == o.date_from)
        return super(CrmValueOverride, self - ended)._check_effective_dates()

    @api.constrains("reason")
    def _check_reason(self):
        if any(not (override.reason or "").strip() for override in self):
            raise ValidationError(
                self.env._("Enter a reason: everybody who sees this tier will ask.")
            )

    # --------------------------------------------------------------------- CRUD
    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        partners = self.env["res.partner"]
        vals_list = [
            {
                **vals,
                "user_id": self.env.uid,
                "ended_by_id": False,
                "partner_id": partners.browse(
                    vals.get("partner_id")
                ).commercial_partner_id.id,
            }
            for vals in vals_list
        ]
        overrides = super().create(vals_list)
        overrides._check_not_past()
        overrides._apply_to_customers()
        return overrides

    def _check_not_past(self):
        """What held in the past cannot be changed, nor made up; the superuser may."""
        for override in self if not self.env.su else ():
            today = override.company_id._get_value_today()
            if override.date_from < today:
                raise UserError(
                    self.env._(
                        "A tier cannot be set for the past: begin on %(date)s or later.",
                        date=format_date(self.env, today),
                    )
                )

    def write(self, vals):
        """The last day is all that can change, and not in the past; who ended it early
        is noted by :meth:`action_end`."""
        self.check_access("write")
        self._check_limits(vals)
        if set(vals) - {"date_to", "ended_by_id"} or (
            "ended_by_id" in vals and not self.env.su
        ):
            raise UserError(
                self.env._(
                    "A tier set by hand cannot be changed: end it and set another one."
                )
            )
        if "date_to" in vals:
            date_to = fields.Date.to_date(vals["date_to"])
            for override in self:
                today = override.company_id._get_value_today()
                past = override.date_to and override.date_to <= today
                if past or (date_to and date_to < today):
                    raise UserError(
                        self.env._(
                            "The past cannot be changed. Choose %(date)s or later, and "
                            "set the tier again if it has ended.",
                            date=format_date(self.env, today),
                        )
                    )
        result = super().write(vals)
        self._apply_to_customers()
        return result

    # ------------------------------------------------------------------ actions
    def action_end(self):
        """End it today: the customer returns to the tier that the figures give."""
        self.check_access("write")
        for company, overrides in self.grouped("company_id").items():
            today = company._get_value_today()
            for override in overrides:
                if not override.date_to or override.date_to > today:
                    end = max(today, override.date_from)
                    override.sudo().write({"date_to": end, "ended_by_id": self.env.uid})

    def action_open_partner(self):
        """Open the contact, on its value page."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "res_id": self.partner_id.id,
            "views": [(False, "form")],
        }

    # ----------------------------------------------------------------- business
    @api.model
    def _get_active_sql(self, day):
        """SQL: whether the row ``override`` is valid on ``day``."""
        return SQL(
            "override.date_from <= %(day)s"
            " AND (override.date_to IS NULL OR override.date_to > %(day)s)",
            day=day,
        )

    def _apply_to_customers(self):
        for company, overrides in self.grouped("company_id").items():
            self._apply(company, overrides.partner_id.ids)

    @api.model
    def _apply(self, company, partner_ids=None):
        """Bring profiles and leads in line with the overrides valid today.

        Set-based and repeatable: what is in line already is not touched.

        :param partner_ids: commercial partners; default: all of the company
        :return: number of profiles that changed
        """
        today = company._get_value_today()
        overrides = self.sudo()
        for model in ("crm.value.override", "crm.value.profile", "crm.value.tier"):
            overrides.env[model].flush_model()
        overrides._insert_missing_profiles(company, today, partner_ids)
        changed = overrides._update_profiles(company, today, partner_ids)
        if changed:
            overrides._update_leads(changed)
            overrides.env["crm.value.engine"]._invalidate_targets()
        return len(changed)

    def _get_scope_sql(self, alias, partner_ids):
        """SQL: whether a row is about one of the partners, if they were named."""
        if partner_ids is None:
            return SQL("TRUE")
        return SQL(
            "%s = ANY(%s::int[])",
            SQL.identifier(alias, "partner_id"),
            list(partner_ids),
        )

    def _insert_missing_profiles(self, company, today, partner_ids):
        """Contacts who never bought have no profile, but may be given a tier."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_value_profile
                       (company_id, partner_id, as_of, data_state, purchase_days,
                        create_uid, create_date, write_uid, write_date)
                SELECT override.company_id, override.partner_id, %(today)s,
                       'no_purchase', 0, %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM crm_value_override override
                 WHERE override.company_id = %(company)s AND %(scope)s AND %(active)s
                ON CONFLICT (company_id, partner_id) DO NOTHING
                """,
                today=today,
                uid=self.env.uid,
                now=self.env.cr.now(),
                company=company.id,
                scope=self._get_scope_sql("override", partner_ids),
                active=self._get_active_sql(today),
            )
        )

    def _update_profiles(self, company, today, partner_ids):
        """Write tiers, and a transition where the tier is another one.

        :return: ids of the partners whose profile changed
        """
        engine = self.env["crm.value.engine"]
        is_looking = self.env["crm.value.run"]._is_looking(company)
        rows = self.env.execute_query(
            SQL(
                """
                WITH wanted AS (
                    SELECT profile.id, profile.tier_id AS from_tier_id,
                           profile.override_id AS from_override_id, profile.value_score,
                           override.id AS override_id,
                           COALESCE(override.tier_id, earned.tier_id) AS tier_id,
                           CASE WHEN override.id IS NOT NULL THEN earned.tier_id END
                               AS earned_tier_id
                      FROM %(profiles)s
                      LEFT JOIN crm_value_override override
                        ON override.partner_id = profile.partner_id
                       AND override.company_id = profile.company_id
                       AND %(active)s
                      CROSS JOIN LATERAL (SELECT %(earned)s AS tier_id) earned
                     WHERE profile.company_id = %(company)s AND %(scope)s
                       AND (profile.override_id IS NOT NULL OR override.id IS NOT NULL)
                       AND profile.override_id IS DISTINCT FROM override.id
                ), updated AS (
                    UPDATE crm_value_profile profile
                       SET tier_id = wanted.tier_id,
                           earned_tier_id = wanted.earned_tier_id,
                           override_id = wanted.override_id,
                           write_uid = %(uid)s, write_date = %(now)s
                      FROM wanted WHERE wanted.id = profile.id
                 RETURNING profile.id, profile.partner_id
                ), kept AS (%(kept)s), history AS (
                    INSERT INTO crm_value_transition
                           (profile_id, partner_id, company_id, date, kind, reason,
                            override_id, from_tier_id, to_tier_id, from_score, to_score,
                            direction, create_uid, create_date, write_uid, write_date)
                    SELECT wanted.id, updated.partner_id, %(company)s, %(today)s, 'tier',
                           CASE WHEN wanted.override_id IS NOT NULL
                                THEN 'override' ELSE 'override_ended' END,
                           COALESCE(wanted.override_id, wanted.from_override_id),
                           wanted.from_tier_id, wanted.tier_id,
                           wanted.value_score, wanted.value_score, %(direction)s,
                           %(uid)s, %(now)s, %(uid)s, %(now)s
                      FROM wanted JOIN updated ON updated.id = wanted.id
                     WHERE wanted.from_tier_id IS DISTINCT FROM wanted.tier_id
                     ORDER BY wanted.id
                )
                SELECT partner_id FROM updated ORDER BY partner_id
                """,
                active=self._get_active_sql(today),
                earned=engine._get_present_tier_sql("profile"),
                profiles=engine._get_present_profiles_sql(is_looking),
                kept=self._get_kept_sql() if is_looking else SQL("SELECT"),
                company=company.id,
                scope=self._get_scope_sql("profile", partner_ids),
                direction=engine._get_direction_sql("wanted"),
                today=today,
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        return [row[0] for row in rows]

    @api.model
    def _get_kept_sql(self):
        """SQL: while profiles show the past, the present is changed beside them."""
        return SQL(
            """
            INSERT INTO crm_value_present AS present (profile_id, company_id, figures)
            SELECT profile.id, profile.company_id, jsonb_build_object(
                       'tier_id', wanted.tier_id, 'override_id', wanted.override_id,
                       'earned_tier_id', wanted.earned_tier_id)
              FROM wanted JOIN crm_value_profile profile ON profile.id = wanted.id
            ON CONFLICT (profile_id)
            DO UPDATE SET figures = present.figures || EXCLUDED.figures
            """
        )

    def _update_leads(self, partner_ids):
        """The tier of the customers' open leads, by its own rule."""
        leads = self.env["crm.lead"].with_context(active_test=False)
        leads = leads.search(
            Domain("partner_id.commercial_partner_id", "in", partner_ids)
            & Domain.custom(to_sql=lambda m, alias, _query: m._get_open_lead_sql(alias))
        )
        self.env["crm.value.profile"].invalidate_model()
        self.env.add_to_compute(leads._fields["value_tier_id"], leads)
        leads._raise_priority_to_tier()
        leads.flush_recordset(["value_tier_id"])

    # --------------------------------------------------------------------- cron
    @api.model
    def _cron_apply(self):
        """Hourly: overrides that begin or run out with the company's new day."""
        companies = self._read_group([], [], ["company_id:recordset"])[0][0]
        self.env["crm.job.run"]._run_each(companies, self._apply, self._name)
