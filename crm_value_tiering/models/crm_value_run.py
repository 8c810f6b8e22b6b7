import logging
import time

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import format_amount, format_date, formatLang

_logger = logging.getLogger(__name__)


class CrmValueRun(models.Model):
    """A computation of the tiers of a company: what went in, what came out."""

    _name = "crm.value.run"
    _inherit = "crm.company.job"
    _description = "Value Computation"
    _rec_name = "as_of"

    currency_id = fields.Many2one(related="company_id.currency_id")
    policy_id = fields.Many2one(
        "crm.value.policy",
        string="Value Model",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    as_of = fields.Date(
        string="As of",
        required=True,
        readonly=True,
        help="Last day whose orders are counted, in the company's time zone.",
    )
    kind = fields.Selection(
        [
            ("full", "All customers"),
            ("changes", "Changed customers"),
            ("look", "A look at the past"),
        ],
        required=True,
        readonly=True,
        default="full",
        help="All customers: scales, forecast and limits of the tiers are computed "
        "again. Changed customers: those with changed documents, measured with what "
        "the last computation of all customers learned. A look at the past: all "
        "customers as of a day before the last computation, to be seen, not to be kept.",
    )
    parameters = fields.Json(
        readonly=True, help="The value model as it was: see _get_parameters() there."
    )
    calibration = fields.Json(
        readonly=True,
        help="Scales of the scores (per dimension: a measure, how many customers have "
        "less, how many have it) and limits of the tiers (decimal strings).",
    )
    fit = fields.Json(
        readonly=True,
        help="Parameters of the forecast (MBG/NBD in weeks, Gamma-Gamma in company "
        "currency) with their log-likelihood.",
    )
    counts = fields.Json(readonly=True, help="What was counted and written.")
    customer_count = fields.Integer(string="Customers", readonly=True)
    written_count = fields.Integer(
        string="Profiles Written",
        readonly=True,
        help="Profiles that changed. Computing the same day again writes nothing.",
    )
    transition_count = fields.Integer(string="Changes", readonly=True)
    summary_html = fields.Html(compute="_compute_summary_html", sanitize=False)

    @api.depends("as_of", "company_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for run in self:
            run.display_name = self.env._(
                "%(company)s as of %(date)s",
                company=run.sudo().company_id.name,
                date=format_date(self.env, run.as_of),
            )

    @api.depends_context("lang")
    def _compute_summary_html(self):
        for run in self:
            run.summary_html = self.env["ir.qweb"]._render(
                "crm_value_tiering.value_run_summary", run._get_summary()
            )

    def _get_summary(self):
        """Values for the template of the summary: tiers, forecast, warnings."""
        self.ensure_one()
        counts, fit = self.counts or {}, self.fit or {}
        tiers = self.env["crm.value.tier"].with_context(active_test=False)
        limits = {
            tier["tier_id"]: tier.get("limit")
            for tier in (self.calibration or {}).get("tiers", [])
        }
        form = self.env["crm.explanation.mixin"]
        rows = []
        for key, part in (counts.get("tiers") or {}).items():
            tier = tiers.browse(int(key)).exists()
            limit = limits.get(tier.id)
            rows.append(
                {
                    "tier": tier,
                    "name": tier.name or self.env._("No tier"),
                    "customers": part["customers"],
                    "share": form._format_rate(100 * part["share"], digits=1),
                    "revenue": float(part["revenue"]),
                    "limit": formatLang(self.env, float(limit), digits=2)
                    if limit
                    else "–",
                }
            )
        rows.sort(key=lambda row: (not row["tier"], row["tier"].sequence))
        return {
            "run": self,
            "tiers": rows,
            "fit": fit,
            "counts": counts,
            "currency": self.currency_id,
            "spend_notes": self._get_spend_notes(fit.get("spend") or {}),
            "log_likelihood": {
                part: formatLang(self.env, values["log_likelihood"], digits=2)
                for part, values in fit.items()
                if "log_likelihood" in values
            },
        }

    def _get_spend_notes(self, fit):
        """Sentences on amounts that the forecast of the amount per purchase distrusts."""
        notes = []
        if fit.get("outliers"):
            low, high = (
                format_amount(self.env, limit, self.currency_id)
                for limit in fit["limits"]
            )
            notes.append(
                self.env._(
                    "Customers who were left out when the amount per purchase was fitted: "
                    "%(count)s. They spend less than %(low)s or more than %(high)s per "
                    "purchase, out of all proportion to the others. Look for mistyped "
                    "prices among them.",
                    count=fit["outliers"],
                    low=low,
                    high=high,
                )
            )
        if fit.get("bounded"):
            notes.append(
                self.env._(
                    "A few customers spend so much more per purchase than the others that "
                    "no mean stands for all: the amounts to expect are held nearer to what "
                    "the others spend."
                )
            )
        return notes

    # ------------------------------------------------------------------- public
    @api.model
    def recompute(self, companies=None, as_of=None):
        """Compute the tiers of ``companies``.

        :param companies: res.company records, or their ids as a remote caller sends
            them; default: the current company
        :param as_of: last local day whose orders are counted (date or ISO string);
            default: today in each company's time zone
        :return: the runs, one per company; a company that somebody else is computing
            right now is left out: that computation's result will do
        :raise AccessError: without the right to compute
        :raise UserError: when ``as_of`` is no date, or, unless the superuser calls, in
            the future or before the first purchase
        """
        self._check_may_run()
        companies = self._resolve_companies(companies)
        as_of = companies._parse_value_day(as_of)
        for company in companies if not self.env.su else ():
            self._check_day(company, as_of)
        runs = self.browse()
        for company in companies:
            run = self._recompute_company(company, as_of or company._get_value_today())
            runs += run
        return runs

    def action_open_profiles(self):
        """Open the customers of the run's company."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_value_tiering.crm_value_profile_action"
        )
        action["domain"] = [("company_id", "=", self.company_id.id)]
        return action

    def action_open_transitions(self):
        """Open the changes that this run found."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_value_tiering.crm_value_transition_action"
        )
        action["domain"] = [("run_id", "=", self.id)]
        action["context"] = {}
        return action

    # ----------------------------------------------------------------- business
    @api.model
    def _check_day(self, company, as_of):
        """:raise UserError: when there is nothing to be computed for that day"""
        if not as_of:
            return
        self._check_not_future(company, as_of)
        if as_of == company._get_value_today():
            return
        policy = self.env["crm.value.policy"].sudo()._show_for_company(company, as_of)
        first = self.env["crm.value.engine"]._get_purchase_span(company, policy)[0]
        if first and as_of < first:
            raise UserError(
                self.env._(
                    "Nobody had bought yet on %(date)s. Choose %(first)s, the day of the "
                    "first purchase, or later.",
                    date=format_date(self.env, as_of),
                    first=format_date(self.env, first),
                )
            )

    @api.model
    def _check_not_future(self, company, as_of):
        """Orders of days to come would be missing: their absence looks like churn."""
        if as_of > company._get_value_today():
            raise UserError(
                self.env._(
                    "%(date)s is in the future: choose today or an earlier day.",
                    date=as_of,
                )
            )

    @api.model
    def _recompute_company(self, company, as_of):
        """Compute one company; returns the run, or nothing when one is under way."""
        if not self._try_lock(company):
            return self.browse()
        policy = self.env["crm.value.policy"].sudo()._get_for_company(company, as_of)
        return self._execute(company, policy, as_of)

    @api.model
    def _execute(self, company, policy, as_of, scope=None, base=None):
        """Run the engine and keep a record of it, of a failure too.

        A computation of an earlier day than the last one is a look at the past: the
        history of changes goes forward only. See ``crm.value.engine._run`` for the
        parameters."""
        started = fields.Datetime.now()
        clock = time.monotonic()
        last = self._get_last_as_of(company).get(company.id)
        kind = "look" if last and as_of < last else "changes" if scope else "full"
        run = self.sudo().create(
            {
                "company_id": company.id,
                "policy_id": policy.id,
                "as_of": as_of,
                "kind": kind,
                "state": "done",
                "started_at": started,
            }
        )
        try:
            with self.env.cr.savepoint():
                job = (
                    self.env["crm.value.engine"]
                    .with_context(crm_value_run_id=run.id)
                    ._run(company, policy, as_of, scope=scope, base=base)
                )
                run.write(self._prepare_run_vals(job))
                self.env["crm.value.dirty"].sudo()._clear(company)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise  # a concurrent transaction: Odoo repeats the request or the job
        except (psycopg2.Error, UserError, ArithmeticError, ValueError) as error:
            _logger.exception("Customer value of %s: computation failed", company.name)
            run.write({"state": "failed", "error": str(error)})
        run.write(
            {
                "duration": time.monotonic() - clock,
                "finished_at": fields.Datetime.now(),
            }
        )
        return run.sudo(self.env.su)

    @api.model
    def _prepare_run_vals(self, job):
        return {
            "parameters": job.parameters,
            "calibration": job.calibration,
            "fit": job.fit,
            "counts": job.counts,
            "customer_count": job.counts["customers"],
            "written_count": job.counts["written"],
            "transition_count": job.counts["transitions"],
        }
