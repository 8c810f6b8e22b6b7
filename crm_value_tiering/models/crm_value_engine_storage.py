from odoo import api, models
from odoo.tools import SQL


class CrmValueEngine(models.AbstractModel):
    """What changed is written: profiles, transitions, the tier of leads."""

    _inherit = "crm.value.engine"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _store_profiles(self, job):
        """Write profiles that changed, and a transition for each change of class.

        An unchanged profile is not touched: a second run of the same day writes
        nothing. Nobody is named as the author of what the engine writes; that also
        spares two checks of foreign keys per row.
        """
        changed, moved = self._update_profiles(job)
        created, entered = self._insert_profiles(job)
        job.counts["written"] = changed + created
        job.counts["transitions"] = moved + entered
        job.counts["tiers"] = self._count_tiers(job)

    @api.model
    def _get_stored_columns(self, job):
        """Columns of the profile that the engine writes: name → SQL over ``score``. The
        first one differs whenever another day is computed: that settles a comparison."""
        names = [name for name in self._get_profile_columns(job) if name != "as_of"]
        columns = {name: SQL.identifier("score", name) for name in ["as_of", *names]}
        return columns | self._get_tier_columns(job)

    @api.model
    def _update_profiles(self, job):
        """Rewrite the profiles that differ, with a transition for each change of class.

        :return: numbers of profiles and of transitions
        """
        columns = self._get_stored_columns(job)
        before = [f"from_{name}" for name in self._get_present_columns()]
        return self._write_profiles(
            job,
            SQL(
                """
                UPDATE crm_value_profile target
                   SET write_date = %(now)s, write_uid = NULL, %(assignments)s
                  FROM (SELECT score.profile_id, %(before)s, %(columns)s
                          FROM crm_value_score score %(joins)s
                         WHERE score.profile_id IS NOT NULL
                         OFFSET 0) result
                 WHERE target.id = result.profile_id
                   AND (%(old)s) IS DISTINCT FROM (%(new)s)
             RETURNING target.id AS profile_id, target.partner_id, %(returned)s
                """,
                now=self.env.cr.now(),
                before=SQL(", ").join(SQL.identifier("score", name) for name in before),
                assignments=SQL(", ").join(
                    SQL("%s = result.%s", SQL.identifier(name), SQL.identifier(name))
                    for name in columns
                ),
                columns=self._select_sql(columns),
                joins=self._get_override_join(job),
                old=SQL(", ").join(SQL.identifier("target", name) for name in columns),
                new=SQL(", ").join(SQL.identifier("result", name) for name in columns),
                returned=SQL(", ").join(
                    SQL.identifier("result", name)
                    for name in (*before, *self._get_class_columns())
                ),
            ),
        )

    @api.model
    def _insert_profiles(self, job):
        """Profiles of customers who have none yet, with their first transitions.

        :return: numbers of profiles and of transitions
        """
        columns = self._get_stored_columns(job)
        # Nothing is known of before: typed as the columns of the present profile are.
        before = self._select_sql(
            {
                f"from_{name}": SQL(
                    "(SELECT %s FROM crm_value_profile WHERE FALSE)",
                    SQL.identifier(name),
                )
                for name in self._get_present_columns()
            }
        )
        return self._write_profiles(
            job,
            SQL(
                """
                INSERT INTO crm_value_profile
                       (company_id, partner_id, create_date, write_date, %(names)s)
                SELECT %(company)s, score.partner_id, %(now)s, %(now)s, %(values)s
                  FROM crm_value_score score %(joins)s
                 WHERE score.profile_id IS NULL
                 ORDER BY score.partner_id
                -- written by somebody else meanwhile: an error that is retried
                ON CONFLICT (company_id, partner_id) DO NOTHING
                RETURNING id AS profile_id, partner_id, %(before)s, %(returned)s
                """,
                names=SQL(", ").join(map(SQL.identifier, columns)),
                company=job.company.id,
                now=self.env.cr.now(),
                values=SQL(", ").join(columns.values()),
                joins=self._get_override_join(job),
                before=before,
                returned=SQL(", ").join(map(SQL.identifier, self._get_class_columns())),
            ),
        )

    @api.model
    def _get_class_columns(self):
        """Columns of the written profile that a transition speaks of."""
        return ["tier_id", "override_id", "lifecycle", "value_score"]

    @api.model
    def _write_profiles(self, job, written):
        """Run the statement ``written`` and record the changes of class that it returns,
        unless it shows the past.

        :return: numbers of rows that it wrote and of transitions
        """
        return self.env.execute_query(
            SQL(
                """
                WITH result AS (%(written)s), moved AS (
                    INSERT INTO crm_value_transition (%(transition_names)s)
                    SELECT %(transition_values)s
                      FROM result
                      CROSS JOIN (VALUES ('tier'), ('lifecycle')) change (kind)
                     WHERE %(is_recorded)s AND %(changed)s
                     ORDER BY result.profile_id
                    RETURNING 1
                )
                SELECT (SELECT COUNT(*) FROM result), (SELECT COUNT(*) FROM moved)
                """,
                written=written,
                is_recorded=not job.is_look,
                **self._get_transition_sql(job),
            )
        )[0]

    @api.model
    def _get_transition_sql(self, job):
        """Hook: a row per changed tier and per changed lifecycle stage, from ``result``
        (profile before and after) and ``change.kind``.

        :return: dict ``transition_names``, ``transition_values``, ``changed``
        """
        values = self._get_transition_values(job)
        return {
            "transition_names": SQL(", ").join(map(SQL.identifier, values)),
            "transition_values": SQL(", ").join(values.values()),
            "changed": SQL(
                """
                CASE change.kind
                WHEN 'tier' THEN result.from_tier_id IS DISTINCT FROM result.tier_id
                ELSE result.from_lifecycle IS DISTINCT FROM result.lifecycle END
                """
            ),
        }

    @api.model
    def _get_transition_values(self, job):
        """Hook: column of the transition → SQL; see :meth:`_get_transition_sql`."""
        reason = self._get_reason_sql()
        values = {
            "profile_id": SQL("result.profile_id"),
            "partner_id": SQL("result.partner_id"),
            "company_id": SQL("%s", job.company.id),
            "run_id": SQL("%s::int", job.run_id or None),
            "date": SQL("%s::date", job.as_of),
            "kind": SQL("change.kind"),
        }
        for kind, name in (("tier", "tier_id"), ("lifecycle", "lifecycle")):
            for column, source in (
                (f"from_{name}", f"from_{name}"),
                (f"to_{name}", name),
            ):
                values[column] = SQL(
                    "CASE WHEN change.kind = %s THEN %s END",
                    kind,
                    SQL.identifier("result", source),
                )
        return values | {
            "from_score": SQL("result.from_value_score"),
            "to_score": SQL("result.value_score"),
            "direction": SQL(
                "CASE WHEN change.kind = 'tier' THEN %s END",
                self._get_direction_sql("result"),
            ),
            "reason": SQL(
                "CASE WHEN change.kind = 'tier' THEN %s ELSE 'computed' END", reason
            ),
            "override_id": SQL(
                "CASE WHEN change.kind = 'tier' AND %s <> 'computed'"
                " THEN COALESCE(result.override_id, result.from_override_id) END",
                reason,
            ),
            "create_date": SQL("%s::timestamp", self.env.cr.now()),
            "write_date": SQL("%s::timestamp", self.env.cr.now()),
        }

    @api.model
    def _count_tiers(self, job):
        """Customers, revenue in the period and share of each tier, by its id (0: none)."""
        return {
            str(tier_id or 0): {
                "customers": customers,
                "revenue": revenue,
                "share": share,
            }
            for tier_id, customers, revenue, share in self.env.execute_query(
                SQL(
                    """
                    SELECT %(tier)s, COUNT(*), SUM(score.revenue_window)::text,
                           COUNT(*)::float8 / SUM(COUNT(*)) OVER ()
                      FROM crm_value_score score %(joins)s
                     WHERE score.purchase_days > 0
                     GROUP BY 1
                    """,
                    tier=self._get_tier_columns(job)["tier_id"],
                    joins=self._get_override_join(job),
                )
            )
        }

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
        """Copy the tiers to the company's open leads, those that changed only.

        Leads without a company lose a tier from before there were several.
        """
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_lead lead
                   SET value_tier_id = current.tier_id, priority = %(priority)s
                  FROM (SELECT candidate.id, profile.tier_id
                          FROM crm_lead candidate
                          LEFT JOIN res_partner partner
                            ON partner.id = candidate.partner_id
                          LEFT JOIN crm_value_profile profile
                            ON profile.partner_id = partner.commercial_partner_id
                           AND profile.company_id = %(company)s
                           AND COALESCE(candidate.company_id, %(only)s)
                             = ANY(%(companies)s)
                         WHERE COALESCE(candidate.company_id, %(only)s, %(company)s)
                             = ANY(%(companies)s)
                           AND %(open)s %(in_scope)s) current
                 WHERE current.id = lead.id
                   AND lead.value_tier_id IS DISTINCT FROM current.tier_id
                """,
                company=job.company.id,
                companies=job.company._get_value_company_ids(),
                open=self.env["crm.lead"]._get_open_lead_sql("candidate"),
                in_scope=self.env["crm.value.source"]._get_scope_sql(job.scope),
                only=self.env["crm.lead"]._get_only_company().id or None,
                priority=self.env["crm.lead"]._get_priority_sql(
                    "lead", SQL("current.tier_id")
                ),
            )
        )
        job.counts["leads"] = self.env.cr.rowcount

    @api.model
    def _get_tier_columns(self, job):
        """Profile columns of the tier → SQL: that of the override, else the earned one.

        ``earned_tier_id`` is filled beside an override only, so that the profiles of
        everybody else stay as they are.
        """
        earned = self._get_tier_sql(job)
        return {
            "tier_id": SQL("COALESCE(override.tier_id, %s)", earned),
            "earned_tier_id": SQL(
                "CASE WHEN override.id IS NOT NULL THEN %s END", earned
            ),
            "override_id": SQL("override.id"),
        }

    @api.model
    def _get_override_join(self, job):
        """SQL: joins the ``override`` that is valid for ``score`` on the job's day."""
        return SQL(
            "LEFT JOIN crm_value_override override"
            " ON override.partner_id = score.partner_id"
            " AND override.company_id = %s AND %s",
            job.company.id,
            self.env["crm.value.override"]._get_active_sql(job.as_of),
        )

    @api.model
    def _get_direction_sql(self, alias):
        """SQL: whether ``alias`` moved up or down from from_tier_id to tier_id."""
        before = SQL.identifier(alias, "from_tier_id")
        after = SQL.identifier(alias, "tier_id")
        return SQL(
            "CASE WHEN %(before)s IS NULL THEN 'first'"
            " WHEN %(after)s IS NULL THEN 'none'"
            " WHEN array_position(%(tiers)s::int[], %(after)s)"
            " < array_position(%(tiers)s::int[], %(before)s) THEN 'up' ELSE 'down' END",
            before=before,
            after=after,
            tiers=self._get_ranked_tier_ids(),
        )

    @api.model
    def _get_reason_sql(self):
        """SQL: why the tier of ``result`` changed, of ``crm.value.transition``."""
        return SQL(
            "CASE WHEN result.override_id IS NOT DISTINCT FROM result.from_override_id"
            " THEN 'computed' WHEN result.override_id IS NOT NULL THEN 'override'"
            " ELSE 'override_ended' END"
        )
