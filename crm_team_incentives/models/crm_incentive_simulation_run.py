from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, mute_logger

from .crm_incentive_engine import EVENT_COLUMNS, LINE_COLUMNS, IncentiveInput


class CrmIncentiveSimulation(models.Model):
    """The computation of a simulation: that of the periods, one after the other.

    A period is computed with the events that it was computed with, and starts from the
    lines that its forerunners gave, simulated ones where they were simulated. So late
    documents and credit notes find what they found then, and equal terms give equal
    lines. All of it happens in a temporary table.
    """

    _inherit = "crm.incentive.simulation"  # pylint: disable=consider-merging-classes-inherited

    def _compute_rows(self):
        """Replace the figures. Four statements for each period, whatever it holds."""
        self.ensure_one()
        periods = self._get_periods()
        self._check_people(periods)
        self._flush_simulated()
        self._create_table()
        for period in periods:
            self._simulate(period, periods)
        self.env.cr.execute(
            SQL(
                "DELETE FROM crm_incentive_simulation_row WHERE simulation_id = %s",
                self.id,
            )
        )
        self.env.cr.execute(self._get_rows_sql(periods))
        self.env["crm.incentive.simulation.row"].invalidate_model()
        self._write_result(
            {
                "state": "done",
                "computed_at": fields.Datetime.now(),
                "computed_by_id": self.env.uid,
                "fingerprint": self.version_id._get_fingerprint(),
                "findings": self._count_findings(periods),
            }
        )
        self.invalidate_recordset()

    def _check_people(self, periods):
        """:raise UserError: when nobody would be paid"""
        if self.user_ids:
            return
        assigned = self.env["crm.incentive.assignment"].search_count(
            [
                ("plan_id", "=", self.version_id.plan_id.id),
                ("date_from", "<", periods[-1].date_to),
                "|",
                ("date_to", "=", False),
                ("date_to", ">", periods[0].date_from),
            ],
            limit=1,
        )
        if not assigned:
            raise UserError(
                self.env._(
                    "Nobody was assigned to the plan in these periods. Choose under "
                    "“People” who would have been paid by it."
                )
            )

    def _flush_simulated(self):
        self.env["crm.incentive.engine"]._flush_terms()
        for name in ("event", "event.credit", "period", "simulation", "simulation.row"):
            self.env[f"crm.incentive.{name}"].flush_model()

    def _create_table(self):
        with mute_logger("odoo.schema"):
            self.env.cr.execute("DROP TABLE IF EXISTS incentive_simulated")
        self.env.cr.execute(
            SQL(
                "CREATE TEMPORARY TABLE incentive_simulated ON COMMIT DROP AS"
                " SELECT %s FROM crm_incentive_line WHERE FALSE",
                self._get_line_columns_sql(),
            )
        )

    def _get_line_columns_sql(self, alias=None):
        return SQL(", ").join(
            SQL.identifier(alias, name) if alias else SQL.identifier(name)
            for name in LINE_COLUMNS
        )

    # -------------------------------------------------------------- one period
    def _simulate(self, period, periods):
        """Add the lines of one period to the temporary table."""
        cr = self.env.cr
        engine = self.env["crm.incentive.engine"]
        job = self._prepare_input(period, periods)
        with mute_logger("odoo.schema"):
            cr.execute("DROP TABLE IF EXISTS incentive_simulated_event")
        cr.execute(
            SQL(
                "CREATE TEMPORARY TABLE incentive_simulated_event ON COMMIT DROP AS %s",
                job.events,
            )
        )
        cr.execute("ANALYZE incentive_simulated_event, incentive_simulated")
        job.events = SQL("SELECT * FROM incentive_simulated_event")
        cr.execute(
            SQL(
                "INSERT INTO incentive_simulated (%s) %s",
                self._get_line_columns_sql(),
                engine._get_lines_sql(job),
            )
        )

    def _prepare_input(self, period, periods):
        """What the computation of a past period reads: what was known to it then."""
        engine = self.env["crm.incentive.engine"]
        company = self.company_id
        known = SQL(
            "event.period_id IN (SELECT id FROM crm_incentive_period"
            " WHERE company_id = %s AND date_from <= %s)",
            company.id,
            period.date_from,
        )
        mine = SQL(
            "(kind, document_id) IN (SELECT one.kind, one.document_id"
            " FROM crm_incentive_event one WHERE one.period_id = %s)",
            period.id,
        )
        ledger = engine._get_entries_sql(company, known)
        needed = engine._get_needed_sql(ledger)
        return IncentiveInput(
            events=SQL(
                """
                SELECT %(columns)s, one.period_id, home.id AS home_period_id
                  FROM (%(facts)s) one
                  JOIN crm_incentive_period home ON home.company_id = one.company_id
                   AND home.date_from <= one.day AND one.day < home.date_to
                 WHERE one.period_id = %(period)s
                """,
                columns=EVENT_COLUMNS,
                facts=engine._get_facts_sql(company, SQL("%s AND %s", known, mine)),
                period=period.id,
            ),
            credits=engine._get_credits_sql(),
            plans=self._get_plans_sql(),
            stored=SQL(
                "%s UNION ALL SELECT event_id, user_id, team_id, rule_id, version_id,"
                " kind, home_period_id, base, rated, amount"
                " FROM incentive_simulated line WHERE %s",
                engine._get_stored_sql(
                    SQL(
                        "line.company_id = %s AND line.period_id IN ("
                        " SELECT id FROM crm_incentive_period"
                        " WHERE company_id = %s AND date_from < %s) AND %s",
                        company.id,
                        company.id,
                        periods[0].date_from,
                        needed,
                    )
                ),
                needed,
            ),
            ledger=ledger,
            decimals=company.currency_id.decimal_places,
        )

    def _get_plans_sql(self):
        """Who would have been paid by the version, and when."""
        if self.user_ids:
            return SQL(
                "SELECT person AS user_id, %s::int AS version_id,"
                " '1900-01-01'::date AS date_from, NULL::date AS date_to"
                " FROM unnest(%s::int[]) person",
                self.version_id.id,
                self.user_ids.ids,
            )
        return SQL(
            "SELECT user_id, %s::int AS version_id, date_from, date_to"
            " FROM crm_incentive_assignment WHERE plan_id = %s AND company_id = %s",
            self.version_id.id,
            self.version_id.plan_id.id,
            self.company_id.id,
        )

    # ------------------------------------------------------------------ figures
    def _get_scope_sql(self):
        """Which lines are compared: those of the chosen people, or of the plan."""
        if self.user_ids:
            return SQL("line.user_id = ANY(%s)", self.user_ids.ids)
        return SQL("version.plan_id = %s", self.version_id.plan_id.id)

    def _get_rows_sql(self, periods):
        """Both sides of the comparison, added up."""

        def side(source, paid, simulated):
            return SQL(
                """
                SELECT line.period_id, line.user_id, line.team_id, event.tier_id,
                       rule.name AS rule_name, line.kind, %(paid)s AS paid_amount,
                       %(simulated)s AS simulated_amount
                  FROM %(source)s line
                  JOIN crm_incentive_event event ON event.id = line.event_id
                  JOIN crm_incentive_rule rule ON rule.id = line.rule_id
                  JOIN crm_incentive_version version ON version.id = line.version_id
                 WHERE line.period_id = ANY(%(periods)s) AND %(scope)s
                """,
                source=SQL.identifier(source),
                paid=SQL(paid),
                simulated=SQL(simulated),
                periods=periods.ids,
                scope=self._get_scope_sql(),
            )

        return SQL(
            """
            INSERT INTO crm_incentive_simulation_row (
                   simulation_id, company_id, period_id, user_id, team_id, tier_id,
                   rule_name, kind, paid_amount, simulated_amount, difference)
            SELECT %(simulation)s, %(company)s, period_id, user_id, team_id, tier_id,
                   rule_name, kind, SUM(paid_amount), SUM(simulated_amount),
                   SUM(simulated_amount) - SUM(paid_amount)
              FROM (%(paid)s UNION ALL %(simulated)s) both_sides
             GROUP BY period_id, user_id, team_id, tier_id, rule_name, kind
             ORDER BY period_id, user_id, team_id, tier_id, rule_name, kind
            """,
            simulation=self.id,
            company=self.company_id.id,
            paid=side("crm_incentive_line", "line.amount", "0::numeric"),
            simulated=side("incentive_simulated", "0::numeric", "line.amount"),
        )

    # ----------------------------------------------------------------- findings
    def _count_findings(self, periods):
        """How many events the figures rest on, and what is not known of them."""
        version = self.version_id
        rules = version.rule_ids
        row = self.env.execute_query_dict(
            SQL(
                """
                WITH used AS (
                    SELECT event.*, home.date_from AS home_from, EXISTS (
                               SELECT FROM crm_incentive_event_credit credit
                                 JOIN (%(plans)s) plan ON plan.user_id = credit.user_id
                                  AND plan.date_from <= event.day
                                  AND (plan.date_to IS NULL OR event.day < plan.date_to)
                                WHERE credit.event_id = event.id) AS is_covered
                      FROM crm_incentive_event event
                      JOIN crm_incentive_period home
                        ON home.company_id = event.company_id
                       AND home.date_from <= event.day AND event.day < home.date_to
                     WHERE event.period_id = ANY(%(periods)s) AND event.amount > 0
                       AND event.kind = ANY(%(kinds)s))
                SELECT COUNT(*) FILTER (WHERE is_covered) AS events,
                       COUNT(*) FILTER (WHERE is_covered AND tier_id IS NULL) AS no_tier,
                       COUNT(*) FILTER (WHERE is_covered AND is_found
                                        AND day < moment::date) AS found_late,
                       COUNT(*) FILTER (WHERE is_covered AND lifetime_day IS NULL)
                           AS no_value,
                       COUNT(*) FILTER (WHERE is_covered AND recent_orders IS NULL)
                           AS no_orders,
                       COUNT(*) FILTER (WHERE is_covered AND home_from < %(start)s)
                           AS late,
                       COUNT(*) FILTER (WHERE NOT is_covered) AS not_covered,
                       (SELECT SUM(line.amount)::text FROM crm_incentive_line line
                         WHERE line.period_id = ANY(%(periods)s)
                           AND line.kind = 'adjustment'
                           AND line.user_id IN (
                               SELECT plan.user_id FROM (%(plans)s) plan)) AS by_hand
                  FROM used
                """,
                plans=self._get_plans_sql(),
                periods=periods.ids,
                start=periods[0].date_from,
                kinds=list(set(rules.mapped("trigger"))),
            )
        )[0]
        by_tier = version.weight_reading != "none" or rules.tier_ids
        by_value = any(rule._uses_lifetime() for rule in rules)
        by_orders = any(rule._uses_frequency() for rule in rules)
        by_total = any(
            rule.kind == "stepped" and not rule.by_lifetime for rule in rules
        )
        asked = {
            "events": True,
            "no_tier": by_tier,
            "found_late": by_tier,
            "no_value": by_value,
            "no_orders": by_orders,
            "late": by_total,
            "not_covered": not self.user_ids,
            "by_hand": True,
        }
        return {name: row[name] for name, is_asked in asked.items() if is_asked}
