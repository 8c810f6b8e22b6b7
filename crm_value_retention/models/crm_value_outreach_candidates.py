from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL


class CrmValueOutreach(models.Model):
    """Customers to be contacted and the users responsible: one SQL relation.

    The preview counts it and the job claims from it, so the two cannot disagree.
    """

    _inherit = "crm.value.outreach"  # pylint: disable=consider-merging-classes-inherited

    # ------------------------------------------------------------------ options
    @api.model
    def _get_options(self, company, source=None):
        """What the company wants done.

        :param source: record with the same fields, to try settings that are not saved
        """
        source = source or company
        kinds = [kind for kind in self._get_kinds() if source[f"crm_value_{kind}"]]
        ranked = self.env["crm.value.engine"]._get_ranked_tier_ids()
        lowest = source.crm_value_outreach_tier_id.id
        return {
            "kinds": kinds,
            "tiers": ranked[: ranked.index(lowest) + 1] if lowest else None,
            "min_clv": source.crm_value_outreach_min_clv,
            "limit": source.crm_value_outreach_limit,
            "user_id": source.crm_value_outreach_user_id.id or None,
            "winback_days": source.crm_value_winback_days,
        }

    @api.model
    def _get_kinds(self):
        """Hook: kinds of outreach, the most urgent first.

        Each has a switch ``crm_value_<kind>`` on the company, and two methods here:
        ``_get_candidates_sql_<kind>`` and ``_prepare_<kind>_activities``.
        """
        return ["save", "winback", "contact"]

    # --------------------------------------------------------------- candidates
    @api.model
    def _get_candidates_sql(self, company, today, options):
        """SQL: whom the company wants to hear from, each with an owner and a place.

        Columns ``partner_id, kind, episode, tier_id, clv_predictive, user_id, place``;
        ``place`` counts the candidates of an owner, from the most urgent kind and the
        best customer on. ``user_id`` and ``place`` are NULL when nobody is responsible.
        What was claimed before is left out.
        """
        wanted = SQL(" UNION ALL ").join(
            getattr(self, f"_get_candidates_sql_{kind}")(company, today, options)
            for kind in options["kinds"]
        )
        return SQL(
            """
            SELECT wanted.*, owner.user_id,
                   CASE WHEN owner.user_id IS NOT NULL THEN ROW_NUMBER() OVER (
                       PARTITION BY owner.user_id
                       ORDER BY array_position(%(kinds)s::varchar[], wanted.kind),
                                wanted.clv_predictive DESC NULLS LAST, wanted.partner_id
                   ) END AS place
              FROM (%(wanted)s) wanted
              JOIN res_partner partner
                ON partner.id = wanted.partner_id AND partner.active
              LEFT JOIN LATERAL (%(owner)s) owner ON TRUE
             WHERE NOT EXISTS (SELECT FROM crm_value_outreach done
                                WHERE done.company_id = %(company)s
                                  AND done.partner_id = wanted.partner_id
                                  AND done.kind = wanted.kind
                                  AND done.episode = wanted.episode)
            """,
            kinds=options["kinds"],
            wanted=wanted,
            owner=self._get_owner_sql(company, today, options),
            company=company.id,
        )

    @api.model
    def _get_owner_sql(self, company, today, options):
        """SQL: who is responsible for ``partner``; only people who can act.

        Its salesperson, else the leader of the sales team of its last order up to today
        that has one which is not archived, else the company's fallback.
        """
        return SQL(
            """
            SELECT users.id AS user_id
              FROM (SELECT 1 AS rank, partner.user_id
                     UNION ALL
                    (SELECT 2, team.user_id
                       FROM res_partner contact
                       JOIN sale_order so ON so.partner_id = contact.id
                       JOIN crm_team team ON team.id = so.team_id AND team.active
                      WHERE contact.commercial_partner_id = partner.id
                        AND so.company_id = ANY(%(companies)s) AND so.state = 'sale'
                        AND so.date_order < %(day_end)s
                      ORDER BY so.date_order DESC, so.id DESC LIMIT 1)
                     UNION ALL
                    SELECT 3, %(fallback)s::int) person
              JOIN res_users users
                ON users.id = person.user_id AND users.active AND NOT users.share
             WHERE EXISTS (SELECT FROM res_company_users_rel member
                            WHERE member.user_id = users.id
                              AND member.cid = ANY(%(companies)s))
             ORDER BY person.rank LIMIT 1
            """,
            companies=company._get_value_company_ids(),
            day_end=company._get_value_day_end(today),
            fallback=options["user_id"],
        )

    @api.model
    def _get_candidates_sql_save(self, company, today, options):
        """Customers who are about to leave, before they are lost."""
        return SQL(
            """
            SELECT profile.partner_id, 'save'::varchar AS kind,
                   profile.last_purchase AS episode, profile.tier_id,
                   profile.clv_predictive
              FROM crm_value_profile profile
             WHERE %s AND profile.churn_level = 'high' AND profile.lifecycle <> 'lost'
            """,
            self._get_silent_sql(company, today, options),
        )

    @api.model
    def _get_candidates_sql_winback(self, company, today, options):
        """Customers who were lost a short while ago."""
        # the preview, too, comes here: it only looks
        policy = self.env["crm.value.policy"]._show_for_company(company, today)
        return SQL(
            """
            SELECT profile.partner_id, 'winback'::varchar AS kind,
                   profile.last_purchase AS episode, profile.tier_id,
                   profile.clv_predictive
              FROM crm_value_profile profile
             WHERE %s AND profile.lifecycle = 'lost' AND profile.recency_days <= %s
            """,
            self._get_silent_sql(company, today, options),
            policy.lost_days + options["winback_days"],
        )

    @api.model
    def _get_silent_sql(self, company, today, options):
        """SQL: ``profile`` is worth the effort and has shown no sign of life since.

        An order of a day after the last computation, today at the latest, is a sign of
        life: one that is dated ahead may be mistyped. Customers who told us why they
        left are not asked again.
        """
        return SQL(
            """
            profile.company_id = %(company)s AND profile.last_purchase IS NOT NULL
            AND %(tier)s AND COALESCE(profile.clv_predictive, 0) >= %(min_clv)s
            AND NOT EXISTS (SELECT FROM res_partner contact
                              JOIN sale_order so ON so.partner_id = contact.id
                             WHERE contact.commercial_partner_id = profile.partner_id
                               AND so.company_id = ANY(%(companies)s)
                               AND so.state = 'sale' AND so.date_order < %(day_end)s
                               AND %(order_day)s > profile.as_of)
            AND NOT EXISTS (SELECT FROM crm_churn_record churn
                             WHERE churn.company_id = %(company)s
                               AND churn.partner_id = profile.partner_id
                               AND churn.date >= profile.last_purchase
                               AND churn.is_withdrawn IS NOT TRUE)
            """,
            company=company.id,
            companies=company._get_value_company_ids(),
            tier=SQL("TRUE")
            if options["tiers"] is None
            else SQL("profile.tier_id = ANY(%s::int[])", options["tiers"]),
            min_clv=options["min_clv"],
            day_end=company._get_value_day_end(today),
            order_day=self.env["crm.value.source"]._get_order_day_sql(company),
        )

    @api.model
    def _flush_candidates(self):
        for name in (
            "res.partner", "res.users", "res.company", "crm.team", "sale.order",
            "crm.value.profile", "crm.value.outreach", "crm.churn.record", "crm.value.tier",
        ):  # fmt: skip
            self.env[name].flush_model()

    @api.model
    def _preview(self, company, source=None):
        """How many activities the settings would bring, by kind.

        :param source: see :meth:`_get_options`
        :return: dict kind → dict of ``today`` (within the daily limit), ``waiting``
            (later), ``nobody`` (nobody is responsible)
        """
        source, company = source or company, company._get_value_root()
        outreach = self.sudo().with_company(company)
        options = outreach._get_options(company, source)
        if "contact" in options["kinds"]:
            outreach._find_first_contacts(company)
        empty = {"today": 0, "waiting": 0, "nobody": 0}
        result = {kind: dict(empty) for kind in options["kinds"]}
        if not options["kinds"]:
            return result
        outreach._flush_candidates()
        today = company._get_value_today()
        for kind, now, later, nobody in self.env.execute_query(
            SQL(
                """
                SELECT kind, COUNT(*) FILTER (WHERE %(due)s),
                       COUNT(*) FILTER (WHERE user_id IS NOT NULL AND NOT %(due)s),
                       COUNT(*) FILTER (WHERE user_id IS NULL)
                  FROM (%(candidates)s) candidate
                 GROUP BY kind
                """,
                due=outreach._get_due_sql(company, today, options),
                candidates=outreach._get_candidates_sql(company, today, options),
            )
        ):
            result[kind] = {"today": now, "waiting": later, "nobody": nobody}
        return result

    @api.model
    def _get_due_sql(self, company, today, options):
        """SQL: ``candidate`` is within its owner's limit of the day."""
        return SQL(
            """
            (candidate.place IS NOT NULL AND candidate.place <= %(limit)s - (
                SELECT COUNT(*) FROM crm_value_outreach today
                 WHERE today.company_id = %(company)s AND today.date = %(today)s
                   AND today.user_id = candidate.user_id))
            """,
            limit=options["limit"],
            company=company.id,
            today=today,
        )

    @api.model
    def _get_candidates_sql_contact(self, company, today, options):
        """Customers who are due; lost ones get win-back activities."""
        return SQL(
            """
            SELECT profile.partner_id, 'contact'::varchar AS kind,
                   profile.next_contact_date AS episode, profile.tier_id,
                   profile.clv_predictive
              FROM crm_value_profile profile
             WHERE profile.company_id = %s AND profile.next_contact_date <= %s
               AND profile.lifecycle IS DISTINCT FROM 'lost'
            """,
            company.id,
            today,
        )

    @api.model
    def _find_first_contacts(self, company):
        """Before the first night the dates of regular contact are found here."""
        profiles = self.env["crm.value.profile"].sudo()
        known = Domain("company_id", "=", company.id) & Domain(
            "next_contact_date", "!=", False
        )
        if not profiles.search(known, limit=1):
            profiles._update_contacts(company, company._get_value_today())
