import logging
import time

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, date_utils, format_date

from odoo.addons.crm_value_tiering.models.crm_company_job import CONFLICTS

_logger = logging.getLogger(__name__)

# A run gives way to the next one, and commits, when it has computed for this long. Each
# turn costs another reading of the documents: the working tables go with the transaction.
BATCH_SECONDS = 30
# Fifty years: more is a slip of the pen, and would keep others waiting.
MAX_MONTHS = 600


class CrmMetricRun(models.Model):
    """A computation of the metrics of a company over some months.

    It goes month by month and keeps its progress: a scheduled run that is killed
    continues where it stopped. A month is recomputed as a whole; what did not change
    is not written.
    """

    _name = "crm.metric.run"
    _inherit = "crm.company.job"
    _description = "Metric Computation"

    date_from = fields.Date(string="First Month", required=True, readonly=True)
    date_to = fields.Date(string="Last Month", required=True, readonly=True)
    next_month = fields.Date(
        readonly=True, help="The month that is computed next, while it waits."
    )
    is_scheduled = fields.Boolean(string="Daily", readonly=True)
    written_count = fields.Integer(
        string="Figures Written",
        readonly=True,
        help="New and changed figures. Computing a month again without changes in the "
        "data writes nothing.",
    )
    deleted_count = fields.Integer(string="Figures Removed", readonly=True)
    counts = fields.Json(
        readonly=True, help="Figures written and removed, by metric code."
    )

    @api.depends("company_id", "date_from", "date_to")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for run in self:
            run.display_name = self.env._(
                "%(company)s, %(first)s to %(last)s",
                company=run.sudo().company_id.name,
                first=format_date(self.env, run.date_from, date_format="MMM y"),
                last=format_date(self.env, run.date_to, date_format="MMM y"),
            )

    # -------------------------------------------------------------------- public
    @api.model
    def recompute(self, companies=None, date_from=None, date_to=None):
        """Compute the metrics of ``companies`` now, in this transaction.

        :param companies: res.company records or their ids; default: the current one
        :param date_from: any day of the first month; default: the month before
        :param date_to: any day of the last month; default: the current month
        :return: the runs, one per company; a company that somebody else is computing
            right now is left out
        :raise AccessError: without the right to compute
        :raise UserError: when a day is no date, or the months are in the future or the
            wrong way round
        """
        runs = self._request(companies, date_from, date_to)
        computed = self.browse()
        for run in runs:
            if run._process():
                computed += run
            else:
                run.unlink()
        return computed.sudo(self.env.su)

    @api.model
    def _request(self, companies=None, date_from=None, date_to=None, **vals):
        """Runs that wait for the scheduled action, one per company; see recompute."""
        self._check_may_run()
        companies = self._resolve_companies(companies)
        return self.sudo().create(
            [
                self._prepare_run_vals(company, date_from, date_to) | vals
                for company in companies
            ]
        )

    @api.model
    def _prepare_run_vals(self, company, date_from, date_to):
        current = date_utils.start_of(company._get_value_today(), "month")
        first = company._parse_value_day(date_from) or fields.Date.subtract(
            current, months=1
        )
        last = company._parse_value_day(date_to) or current
        first, last = (date_utils.start_of(day, "month") for day in (first, last))
        if first > last:
            raise UserError(
                self.env._("The first month must not be after the last one.")
            )
        if last > current:
            raise UserError(
                self.env._(
                    "The future cannot be measured: choose the current month, or an "
                    "earlier one, as the last."
                )
            )
        # before the first document there is nothing to measure
        first = max(first, min(self._get_first_month(company) or last, last))
        if self._count_months(first, last) >= MAX_MONTHS:
            raise UserError(
                self.env._(
                    "At most %(years)s years can be computed at once: choose a later "
                    "first month.",
                    years=MAX_MONTHS // 12,
                )
            )
        return {
            "company_id": company.id,
            "date_from": first,
            "date_to": last,
            "next_month": first,
        }

    @api.model
    def _get_progress_fields(self):
        return ("date_from", "date_to", "next_month")

    @api.model
    def _get_first_month(self, company):
        """First day of the month of the first document; None without any."""
        rows = self.env.execute_query(
            SQL(
                "SELECT MIN(day) FROM (%s) first (day)",
                SQL(" UNION ALL ").join(self._get_first_days_sql(company)),
            )
        )
        return rows[0][0] and date_utils.start_of(rows[0][0], "month")

    @api.model
    def _get_first_days_sql(self, company):
        """Hook: list of SQL, one day each: since when there may be something to measure.

        Figures that exist count, too: without their documents, they are removed. Days of
        UTC begin at another hour than the company's, so of those the day before is meant.
        """
        for name in (
            "sale.order", "account.move", "crm.lead", "crm.campaign.cost",
            "crm.metric.fact",
        ):  # fmt: skip
            self.env[name].flush_model()
        company_ids = company._get_value_company_ids()
        return [
            SQL(query, company_ids)
            for query in (
                "SELECT MIN(date_order)::date - 1 FROM sale_order"
                " WHERE company_id = ANY(%s)",
                "SELECT MIN(invoice_date) FROM account_move WHERE company_id = ANY(%s)",
                "SELECT MIN(date_closed)::date - 1 FROM crm_lead"
                " WHERE company_id = ANY(%s) OR company_id IS NULL",
                "SELECT MIN(date_from) FROM crm_campaign_cost WHERE company_id = ANY(%s)",
                "SELECT MIN(date) FROM crm_metric_fact WHERE company_id = ANY(%s)",
            )
        ]

    def _get_progress(self):
        """Months that are over, of those asked for."""
        if not self.next_month:
            return 0.0
        months = self._count_months(self.date_from, self.date_to) + 1
        return 100.0 * self._count_months(self.date_from, self.next_month) / months

    @api.model
    def _count_months(self, first, last):
        return 12 * (last.year - first.year) + last.month - first.month

    def action_open_facts(self):
        """Open the figures of the company and months of this run."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_metric.crm_metric_fact_action"
        )
        action["domain"] = [
            ("company_id", "=", self.company_id.id),
            ("date", ">=", self.date_from),
            ("date", "<=", self.date_to),
        ]
        action["context"] = {}
        return action

    # ------------------------------------------------------------------ business
    def _process(self, seconds=None):
        """Compute the months that are left.

        :param seconds: after this long the run stops, and waits for the next call;
            default: no limit
        :return: False when somebody else is computing the company
        """
        self.ensure_one()
        run = self.sudo()
        if not run._try_lock(run.company_id):
            return False
        metrics = self.env["crm.metric"].sudo().search([("active", "=", True)])
        parameters = None
        begun = time.monotonic()
        while run.state == "waiting":
            clock = time.monotonic()
            run.started_at = run.started_at or fields.Datetime.now()
            try:
                with self.env.cr.savepoint():
                    parameters = parameters or run._prepare_company()
                    run._compute_month(run.next_month, metrics, parameters)
            except CONFLICTS:
                raise  # Odoo repeats the request or the job
            except Exception as error:  # one month's error stops no other
                run._fail(error)
                parameters = None  # the working tables went with the savepoint
            run._advance(time.monotonic() - clock)
            if seconds is not None and time.monotonic() - begun >= seconds:
                break
        return True

    def _prepare_company(self):
        """Read the company's documents up to the end of the last month of the run."""
        until = min(
            date_utils.end_of(self.date_to, "month"), self.company_id._get_value_today()
        )
        self.env["crm.value.run"]._come_back(self.company_id)
        engine = self.env["crm.metric.engine"].with_company(self.company_id)
        return engine._prepare_company(self.company_id, until)

    def _compute_month(self, month, metrics, parameters):
        """All metrics of one month; one that fails does not stop the others."""
        engine = self.env["crm.metric.engine"].with_company(self.company_id)
        job = engine._prepare_month(self.company_id, month, parameters)
        counts = dict(self.counts or {})
        for metric in metrics:
            if job.is_current or not metric.is_snapshot:
                rows = self._attempt(engine._compute_metric, metric, job)
                self._add_counts(counts, metric.code, rows)
        if job.is_current:
            rows = self._attempt(engine._compute_cohorts, None, job)
            self._add_counts(counts, "cohorts", rows)
        self.counts = counts
        self.written_count = sum(part["written"] for part in counts.values())
        self.deleted_count = sum(part["deleted"] for part in counts.values())
        self.env["crm.metric.fact"].invalidate_model()
        self.env["crm.metric.cohort"].invalidate_model()

    def _attempt(self, compute, metric, job):
        """What ``compute`` wrote; None, and a note on the run, when it fails."""
        try:
            with self.env.cr.savepoint():
                return compute(metric, job) if metric else compute(job)
        except CONFLICTS:
            raise
        except Exception as error:  # one metric's error stops no other
            self._fail(error, metric)
            return None

    @api.model
    def _add_counts(self, counts, code, rows):
        if rows:
            total = counts.setdefault(code, {"written": 0, "deleted": 0})
            counts[code] = {key: total[key] + rows[key] for key in total}

    def _fail(self, error, metric=None):
        """Note what went wrong, and where."""
        _logger.error(
            "Metrics of %s, %s: %s failed",
            self.company_id.name,
            self.next_month,
            metric.code if metric else "preparation",
            exc_info=error,
        )
        where = format_date(self.env, self.next_month, date_format="MMM y")
        if metric:
            where = f"{where}, {metric.name}"
        self.error = f"{self.error or ''}{where}: {error}\n"

    def _advance(self, seconds):
        """On to the next month, or to the end."""
        following = fields.Date.add(self.next_month, months=1)
        vals = {"duration": self.duration + seconds}
        if following <= self.date_to:
            vals["next_month"] = following
        else:
            vals |= {
                "next_month": False,
                "finished_at": fields.Datetime.now(),
                "state": "failed" if self.error else "done",
            }
        self.write(vals)

    # ---------------------------------------------------------------------- cron
    @api.model
    def _cron_recompute(self):
        """The current month and the one before of every company; then what waits. Then
        plans for the targets that were missed.

        A month is open until the one after it is over: an order entered late, or a lead
        closed late, is still counted.

        Nobody waits for somebody's long run: the daily ones come first, then each of the
        others has its turn, the one whose last turn is the longest ago first.
        """
        self._schedule_daily()
        waiting = self.search(
            [("state", "=", "waiting")], order="is_scheduled desc, write_date, id"
        )
        self._run_each(
            waiting,
            lambda run: run._process(BATCH_SECONDS) and run.state != "waiting",
        )
        self.env["crm.job.run"]._run_each(
            self._get_companies_to_measure(),
            self.env["crm.metric.plan"]._start_company,
            job=self.env._("Improvement plans"),
        )

    @api.model
    def _schedule_daily(self):
        """A run per company, unless one was made within the hour: the job goes on."""
        companies = self._get_companies_to_measure()
        recent = self.search(
            [
                ("company_id", "in", companies.ids),
                ("is_scheduled", "=", True),
                ("create_date", ">", "now -1H"),
            ]
        )
        companies -= recent.company_id
        if companies:
            self._request(companies, is_scheduled=True)

    @api.model
    def _get_companies_to_measure(self):
        """Hook: main companies with sales or with closed leads.

        One that only closes leads of salespeople counts, too: such leads may have no
        company of their own.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT company.id FROM res_company company
                 WHERE company.active AND company.parent_id IS NULL AND (
                       %s
                    OR EXISTS (SELECT FROM crm_lead lead
                                 LEFT JOIN res_users seller ON seller.id = lead.user_id
                                WHERE lead.date_closed IS NOT NULL
                                  AND COALESCE(lead.company_id, seller.company_id)
                                    = ANY(%s)))
                 ORDER BY company.id
                """,
                self.env["crm.value.source"]._get_selling_sql(),
                self.env["crm.value.source"]._get_branches_sql(),
            )
        )
        return self.env["res.company"].browse(row[0] for row in rows)

    @api.autovacuum
    def _gc_runs(self):
        """Daily runs that succeeded are of no interest after three months."""
        self.search(
            [
                ("is_scheduled", "=", True),
                ("state", "=", "done"),
                ("create_date", "<", "today -3m"),
            ]
        ).unlink()
