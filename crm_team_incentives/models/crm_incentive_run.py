import json

from odoo import api, fields, models
from odoo.tools import SQL, mute_logger

from .crm_incentive_engine import EVENT_COLUMNS, LINE_COLUMNS, IncentiveInput

# What makes up a line; the rest of its columns follows from it.
KEY = ("event_id", "rule_id", "user_id", "kind")


class CrmIncentiveRun(models.Model):
    """One computation of a company's open periods, with what it used and what not."""

    _name = "crm.incentive.run"
    _inherit = "crm.company.job"
    _description = "Incentive Computation"
    _job_group = "crm_team_incentives.group_incentive_manager"
    _of_main_company = False  # a branch pays its own people

    period_id = fields.Many2one(
        "crm.incentive.period",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    cutoff = fields.Datetime(
        string="Until", readonly=True, help="What was noted later is not in it."
    )
    counts = fields.Json(readonly=True)
    summary = fields.Text(
        string="Result", compute="_compute_summary", help="Counts, with reasons."
    )
    digest = fields.Char(
        readonly=True,
        help="Fingerprint of all lines of the period: equal lines, equal fingerprint.",
    )
    changed = fields.Integer(
        string="Changed Lines", readonly=True, help="Lines that came, went or changed."
    )

    @api.depends("counts")
    @api.depends_context("lang")
    def _compute_summary(self):
        for run in self:
            run.summary = " · ".join(run._get_reasons())

    def _get_reasons(self):
        counts = self.counts or {}
        texts = {
            "used": self.env._("%s used", counts.get("used", 0)),
            "not_due": self.env._(
                "%s not due (invoice not paid in full)", counts.get("not_due", 0)
            ),
            "no_plan": self.env._("%s without a plan", counts.get("no_plan", 0)),
            "no_rule": self.env._("%s that no rule fits", counts.get("no_rule", 0)),
            "nobody": self.env._("%s without a salesperson", counts.get("nobody", 0)),
            "no_rate": self.env._(
                "%s without an exchange rate", counts.get("no_rate", 0)
            ),
            "no_origin": self.env._(
                "%s credit notes without an invoice they belong to",
                counts.get("no_origin", 0),
            ),
        }
        return [
            text for name, text in texts.items() if name == "used" or counts.get(name)
        ]

    # ------------------------------------------------------------------ schedule
    def _cron_compute(self):
        """Every night: compare all documents, then compute the open periods."""
        events = self.env["crm.incentive.event"]
        self._run_each(events._get_companies(), self._compute_nightly)

    def _compute_nightly(self, company):
        self.env["crm.incentive.period"]._ensure_current(company)
        return self._compute_now(company)

    @api.model
    def _compute_now(self, company):
        """Compute the company's open periods.

        :return: the runs, one for each period; False when somebody else is at it
        """
        if not self._try_lock(company):
            return False
        started = fields.Datetime.now()
        self.env["crm.incentive.event"]._collect_all(company)
        periods = self.env["crm.incentive.period"].sudo()._get_recomputed(company)
        changed = self._write_lines(company, periods)
        self.env["crm.incentive.statement"].sudo()._store(company)
        periods.filtered(lambda period: period.state == "open")._decide(
            {"state": "computed"}
        )
        return self.sudo().create(
            [
                {
                    "company_id": company.id,
                    "period_id": period.id,
                    "state": "done",
                    "started_at": started,
                    "finished_at": fields.Datetime.now(),
                    "duration": (fields.Datetime.now() - started).total_seconds(),
                    "cutoff": self.env.cr.now(),
                    "counts": self._count(period),
                    "digest": self._get_digest(period),
                    "changed": changed.get(period.id, 0),
                }
                for period in periods
            ]
        )

    # --------------------------------------------------------------------- lines
    def _prepare_input(self, company, periods):
        """What the computation of these periods reads.

        An event of a closed period is paid in the oldest open one after it, with the
        month's total that it belongs to. One of a period in review waits.
        """
        engine = self.env["crm.incentive.engine"]
        ids = periods.ids or [0]
        ledger = engine._get_entries_sql(company, SQL("TRUE"))
        return IncentiveInput(
            events=SQL(
                """
                SELECT %(columns)s, paid_in.id AS period_id, home.id AS home_period_id
                  FROM (%(facts)s) one
                  JOIN crm_incentive_period home ON home.company_id = one.company_id
                   AND home.date_from <= one.day AND one.day < home.date_to
                   AND home.state <> 'review'
                  JOIN LATERAL (
                      SELECT id FROM crm_incentive_period later
                       WHERE later.id = ANY(%(periods)s)
                         AND later.date_from >= home.date_from
                       ORDER BY later.date_from LIMIT 1) paid_in ON TRUE
                 WHERE (one.period_id IS NULL OR one.period_id = ANY(%(periods)s))
                   AND (home.id = paid_in.id OR home.state IN ('approved', 'paid'))
                """,
                columns=EVENT_COLUMNS,
                facts=engine._get_facts_sql(company, SQL("TRUE")),
                periods=ids,
            ),
            credits=engine._get_credits_sql(),
            plans=engine._get_plans_sql(company),
            stored=engine._get_stored_sql(
                SQL(
                    "line.company_id = %s AND NOT line.period_id = ANY(%s) AND %s",
                    company.id,
                    ids,
                    engine._get_needed_sql(ledger),
                )
            ),
            ledger=ledger,
            decimals=company.currency_id.decimal_places,
        )

    def _write_lines(self, company, periods):
        """Bring the lines of these periods up to date; equal ones are not touched.

        :return: dict period id → number of lines that came, went or changed
        """
        if not periods:
            return {}
        engine = self.env["crm.incentive.engine"]
        engine._flush_terms()
        for name in ("event", "event.credit", "period", "statement", "inquiry"):
            self.env[f"crm.incentive.{name}"].flush_model()
        job = self._prepare_input(company, periods)
        cr = self.env.cr
        with mute_logger("odoo.schema"):
            cr.execute("DROP TABLE IF EXISTS incentive_event, incentive_line")
        cr.execute(
            SQL(
                "CREATE TEMPORARY TABLE incentive_event ON COMMIT DROP AS %s",
                job.events,
            )
        )
        cr.execute("ANALYZE incentive_event")
        job.events = SQL("SELECT * FROM incentive_event")
        cr.execute(
            SQL(
                "CREATE TEMPORARY TABLE incentive_line ON COMMIT DROP AS %s",
                engine._get_lines_sql(job),
            )
        )
        cr.execute("ANALYZE incentive_line")
        cr.execute(
            """
            UPDATE crm_incentive_event event SET period_id = fresh.period_id
              FROM incentive_event fresh
             WHERE event.id = fresh.event_id
               AND event.period_id IS DISTINCT FROM fresh.period_id
            """
        )
        changed = self._count_rows(
            SQL(
                """
                DELETE FROM crm_incentive_line line
                 WHERE line.period_id = ANY(%s) AND line.event_id IS NOT NULL
                   AND NOT EXISTS (
                       SELECT FROM incentive_line fresh
                        WHERE fresh.event_id = line.event_id
                          AND fresh.rule_id = line.rule_id
                          AND fresh.user_id = line.user_id
                          AND fresh.kind = line.kind)
                RETURNING line.period_id
                """,
                periods.ids,
            ),
            {},
        )
        values = [name for name in LINE_COLUMNS if name not in KEY]
        columns = SQL(", ").join(map(SQL.identifier, LINE_COLUMNS))
        changed = self._count_rows(
            SQL(
                """
                INSERT INTO crm_incentive_line (company_id, %(columns)s, create_date)
                SELECT %(company)s, %(columns)s, %(now)s FROM incentive_line
                 ORDER BY event_id, rule_id, user_id
                ON CONFLICT (event_id, rule_id, user_id, kind) DO UPDATE
                   SET %(set)s
                 WHERE (%(old)s) IS DISTINCT FROM (%(new)s)
                RETURNING period_id
                """,
                columns=columns,
                company=company.id,
                now=cr.now(),
                set=SQL(", ").join(
                    SQL("%(c)s = EXCLUDED.%(c)s", c=SQL.identifier(name))
                    for name in values
                ),
                old=SQL(", ").join(
                    SQL.identifier("crm_incentive_line", name) for name in values
                ),
                new=SQL(", ").join(SQL.identifier("excluded", name) for name in values),
            ),
            changed,
        )
        self.env.invalidate_all()
        return changed

    def _count_rows(self, statement, counts):
        for (period_id,) in self.env.execute_query(statement):
            counts[period_id] = counts.get(period_id, 0) + 1
        return counts

    def _get_digest(self, period):
        """Fingerprint of the period's lines, independent of their ids."""
        columns = [name for name in LINE_COLUMNS if name != "event_id"]
        return self.env.execute_query(
            SQL(
                """
                SELECT md5(COALESCE(string_agg(
                    concat_ws('|', event.kind, event.res_id, event.sequence, %s), ','
                    ORDER BY event.kind, event.res_id, event.sequence, line.rule_id,
                             line.user_id, line.kind), ''))
                  FROM crm_incentive_line line
                  JOIN crm_incentive_event event ON event.id = line.event_id
                 WHERE line.period_id = %s
                """,
                SQL(", ").join(SQL.identifier("line", name) for name in columns),
                period.id,
            )
        )[0][0]

    # -------------------------------------------------------------------- counts
    def _count(self, period):
        """How many events of the period were used, and why others were not."""
        company = period.company_id
        plans = self.env["crm.incentive.engine"]._get_plans_sql(company)
        row = self.env.execute_query(
            SQL(
                """
                SELECT json_object_agg(reason, number) FROM (
                    SELECT reason, COUNT(*) AS number FROM (
                        SELECT CASE
                            WHEN EXISTS (SELECT FROM crm_incentive_line line
                                          WHERE line.event_id = event.id) THEN 'used'
                            WHEN event.amount < 0 THEN 'nothing_to_take'
                            WHEN NOT EXISTS (
                                SELECT FROM crm_incentive_event_credit credit
                                 WHERE credit.event_id = event.id) THEN 'nobody'
                            WHEN NOT EXISTS (
                                SELECT FROM crm_incentive_event_credit credit
                                  JOIN (%(plans)s) plan ON plan.user_id = credit.user_id
                                   AND plan.date_from <= event.day
                                   AND (plan.date_to IS NULL
                                        OR event.day < plan.date_to)
                                 WHERE credit.event_id = event.id) THEN 'no_plan'
                            WHEN EXISTS (
                                SELECT FROM crm_incentive_event_credit credit
                                  JOIN (%(plans)s) plan ON plan.user_id = credit.user_id
                                   AND plan.date_from <= event.day
                                   AND (plan.date_to IS NULL
                                        OR event.day < plan.date_to)
                                  JOIN crm_incentive_rule rule
                                    ON rule.version_id = plan.version_id
                                   AND rule.trigger = event.kind
                                 WHERE credit.event_id = event.id) THEN 'no_rule'
                            ELSE 'other_trigger' END AS reason
                          FROM crm_incentive_event event
                         WHERE event.period_id = %(period)s) event
                     GROUP BY reason
                    UNION ALL
                    SELECT 'no_origin', COUNT(*) FROM crm_incentive_event
                     WHERE company_id = %(company)s AND document_id IS NULL
                       AND day >= %(start)s AND day < %(stop)s
                    UNION ALL
                    SELECT 'not_due', COUNT(*) FROM account_move move
                     WHERE move.company_id = %(company)s AND move.state = 'posted'
                       AND move.move_type IN ('out_invoice', 'out_receipt')
                       AND move.date >= %(start)s AND move.date < %(stop)s
                       AND move.payment_state IN ('not_paid', 'partial')
                       AND EXISTS (SELECT FROM crm_incentive_rule rule
                                     JOIN crm_incentive_version version
                                       ON version.id = rule.version_id
                                    WHERE rule.trigger = 'payment'
                                      AND version.state = 'approved'
                                      AND version.company_id = %(company)s)
                ) counted WHERE number > 0
                """,
                plans=plans,
                period=period.id,
                company=company.id,
                start=period.date_from,
                stop=period.date_to,
            )
        )[0][0]
        counts = json.loads(row) if isinstance(row, str) else dict(row or {})
        missing = self.env["crm.value.source"]._count_without_rate(
            "sale", company, fields.Date.subtract(period.date_to, days=1)
        )
        return {**counts, **({"no_rate": missing} if missing else {})}
