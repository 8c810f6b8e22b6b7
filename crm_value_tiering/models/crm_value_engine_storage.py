from odoo import api, models
from odoo.tools import SQL


class CrmValueEngine(models.AbstractModel):
    """What changed is written: profiles, transitions, the tier of leads."""

    _inherit = "crm.value.engine"

    @api.model
    def _store_profiles(self, job):
        """Write profiles that changed, and a transition for each change of class.

        An unchanged profile is not touched: a second run of the same day writes
        nothing.
        """
        tier_columns = self._get_tier_columns(job)
        columns = [*self._get_profile_columns(job), *tier_columns]
        self._create_working_table(
            "crm_value_result",
            SQL(
                """
                SELECT score.*, %(tiers)s,
                       profile.tier_id AS from_tier_id,
                       profile.override_id AS from_override_id,
                       profile.lifecycle AS from_lifecycle,
                       profile.value_score AS from_score
                  FROM crm_value_score score
                  LEFT JOIN crm_value_profile profile
                    ON profile.partner_id = score.partner_id
                   AND profile.company_id = %(company)s
                  %(override)s
                """,
                tiers=self._select_sql(tier_columns),
                override=self._get_override_join(job),
                company=job["company"].id,
            ),
        )
        job["counts"]["written"] = self._upsert_profiles(job, columns)
        job["counts"]["transitions"] = self._insert_transitions(job)
        job["counts"]["tiers"] = {
            str(tier_id or 0): {
                "customers": customers,
                "revenue": revenue,
                "share": share,
            }
            for tier_id, customers, revenue, share in self.env.execute_query(
                SQL(
                    """
                    SELECT tier_id, COUNT(*), SUM(revenue_window)::text,
                           COUNT(*)::float8 / SUM(COUNT(*)) OVER ()
                      FROM crm_value_result WHERE purchase_days > 0
                     GROUP BY tier_id
                    """
                )
            )
        }

    @api.model
    def _upsert_profiles(self, job, columns):
        names = SQL(", ").join(map(SQL.identifier, columns))
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_value_profile AS profile
                       (company_id, partner_id, run_id, create_uid, create_date,
                        write_uid, write_date, %(names)s)
                SELECT %(company)s, partner_id, %(run)s, %(uid)s, %(now)s,
                       %(uid)s, %(now)s, %(names)s
                  FROM crm_value_result
                ON CONFLICT (company_id, partner_id) DO UPDATE SET
                       run_id = EXCLUDED.run_id, write_uid = EXCLUDED.write_uid,
                       write_date = EXCLUDED.write_date, %(assignments)s
                 WHERE (%(old)s) IS DISTINCT FROM (%(new)s)
                """,
                names=names,
                company=job["company"].id,
                run=job["run_id"] or None,
                uid=self.env.uid,
                now=self.env.cr.now(),
                assignments=SQL(", ").join(
                    SQL("%s = EXCLUDED.%s", SQL.identifier(name), SQL.identifier(name))
                    for name in columns
                ),
                old=SQL(", ").join(SQL.identifier("profile", name) for name in columns),
                new=SQL(", ").join(
                    SQL("EXCLUDED.%s", SQL.identifier(n)) for n in columns
                ),
            )
        )
        return self.env.cr.rowcount

    @api.model
    def _insert_transitions(self, job):
        """A row per changed tier and per changed lifecycle stage; the first one counts."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_value_transition
                       (profile_id, partner_id, company_id, run_id, date, kind,
                        reason, override_id, from_tier_id, to_tier_id,
                        from_lifecycle, to_lifecycle,
                        from_score, to_score, direction,
                        create_uid, create_date, write_uid, write_date)
                SELECT profile.id, profile.partner_id, profile.company_id, %(run)s,
                       %(as_of)s, change.kind,
                       CASE WHEN change.kind = 'tier' THEN %(reason)s ELSE 'computed' END,
                       CASE WHEN change.kind = 'tier' AND %(reason)s <> 'computed'
                            THEN COALESCE(result.override_id, result.from_override_id) END,
                       CASE WHEN change.kind = 'tier' THEN result.from_tier_id END,
                       CASE WHEN change.kind = 'tier' THEN result.tier_id END,
                       CASE WHEN change.kind = 'lifecycle' THEN result.from_lifecycle END,
                       CASE WHEN change.kind = 'lifecycle' THEN result.lifecycle END,
                       result.from_score, result.value_score,
                       CASE WHEN change.kind = 'tier' THEN %(direction)s END,
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM crm_value_result result
                  JOIN crm_value_profile profile
                    ON profile.partner_id = result.partner_id
                   AND profile.company_id = %(company)s
                  CROSS JOIN (VALUES ('tier'), ('lifecycle')) change (kind)
                 WHERE CASE change.kind
                       WHEN 'tier' THEN result.from_tier_id IS DISTINCT FROM result.tier_id
                       ELSE result.from_lifecycle IS DISTINCT FROM result.lifecycle END
                 ORDER BY profile.id
                """,
                run=job["run_id"] or None,
                as_of=job["as_of"],
                reason=self._get_reason_sql(),
                direction=self._get_direction_sql("result"),
                uid=self.env.uid,
                now=self.env.cr.now(),
                company=job["company"].id,
            )
        )
        return self.env.cr.rowcount

    @api.model
    def _get_ranked_tier_ids(self):
        """All tiers, best first; archived ones too, since customers come from them."""
        return [
            row[0]
            for row in self.env.execute_query(
                SQL("SELECT id FROM crm_value_tier ORDER BY sequence, id")
            )
        ]

    @api.model
    def _update_leads(self, job):
        """Copy the tiers to the company's leads, those that changed only."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_lead lead SET value_tier_id = current.tier_id
                  FROM (SELECT candidate.id, profile.tier_id
                          FROM crm_lead candidate
                          LEFT JOIN res_users seller ON seller.id = candidate.user_id
                          LEFT JOIN res_partner partner
                            ON partner.id = candidate.partner_id
                          LEFT JOIN crm_value_profile profile
                            ON profile.partner_id = partner.commercial_partner_id
                           AND profile.company_id = %(company)s
                         WHERE COALESCE(candidate.company_id, seller.company_id, %(main)s)
                             = %(company)s) current
                 WHERE current.id = lead.id
                   AND lead.value_tier_id IS DISTINCT FROM current.tier_id
                """,
                company=job["company"].id,
                main=self.env["crm.lead"]._get_default_value_company().id,
            )
        )
        job["counts"]["leads"] = self.env.cr.rowcount
