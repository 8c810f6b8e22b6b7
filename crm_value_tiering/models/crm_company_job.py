import logging

from odoo import api, fields, models
from odoo.exceptions import AccessError, ConcurrencyError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

# Another transaction was faster: not a failure, this one is repeated or given up.
CONFLICTS = (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, ConcurrencyError)


class CrmCompanyJob(models.AbstractModel):
    """Work that is done company by company, with a record of each run.

    A model that inherits this is the record of one run for one company. It says who may
    start it (``_job_group``), and its scheduled action calls :meth:`_run_each`. A job
    without records of its own calls that on ``crm.job.run``, which keeps them.

    The rules that every job of the suite keeps by using it:

    - One transaction per company, committed as soon as it is done: a job that is killed
      goes on where it stopped.
    - An error of one company does not stop the others. It is logged and shown on a run.
    - Two hosts never do the same company at once, see :meth:`_try_lock`.
    - A conflict with another transaction is not a failure.
    - A run that waits can be cancelled.
    """

    _name = "crm.company.job"
    _inherit = "crm.company.mixin"
    _description = "Job of a Company"
    _order = "id desc"
    _of_main_company = True
    # Whoever may start the job by hand and cancel it; the superuser always may.
    _job_group = "crm_value_tiering.group_value_manager"

    company_id = fields.Many2one(readonly=True)
    state = fields.Selection(
        [
            ("waiting", "Under Way"),
            ("done", "Done"),
            ("failed", "Failed"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="waiting",
        index=True,
    )
    started_at = fields.Datetime(string="Started", readonly=True)
    finished_at = fields.Datetime(string="Finished", readonly=True)
    duration = fields.Float(
        string="Duration (Seconds)",
        readonly=True,
        aggregator="avg",
        digits=(10, 2),
        help="Time spent computing, without waiting.",
    )
    error = fields.Text(
        readonly=True, help="What went wrong. The server's log has the details."
    )
    note = fields.Text(
        compute="_compute_note",
        store=True,
        precompute=True,
        help="What was noticed at the start; the work was done all the same.",
    )
    progress = fields.Float(
        string="Progress (%)",
        compute="_compute_progress",
        help="How much of the work is done, in percent.",
    )

    @api.depends("company_id")
    def _compute_note(self):
        """Once, at the start: what is put right later was so all the same."""
        for run in self:
            run.note = "\n".join(run._get_notes()) or False

    def _get_notes(self):
        """Hook: sentences on what is amiss, but does not keep the work from being done."""
        warning = self.company_id._get_value_timezone_warning()
        return [warning] if warning else []

    @api.depends(lambda self: ("state", *self._get_progress_fields()))
    def _compute_progress(self):
        for run in self:
            run.progress = 100.0 if run.state == "done" else run._get_progress()

    @api.model
    def _get_progress_fields(self):
        """Hook: fields that :meth:`_get_progress` reads."""
        return ()

    def _get_progress(self):
        """Hook: percent done of a run that is not over."""
        return 0.0

    def action_cancel(self):
        """Cancel runs that wait; what was committed before stays."""
        self.check_access("read")
        self._check_may_run()
        self.sudo().filtered(lambda run: run.state == "waiting").write(
            {"state": "cancelled", "finished_at": fields.Datetime.now()}
        )

    # ------------------------------------------------------------------- rights
    @api.model
    def _check_may_run(self):
        """:raise AccessError: when the user may not start the job by hand"""
        if not self.env.su and not self.env.user.has_group(self._job_group):
            raise AccessError(
                self.env._(
                    "Only managers of customer value can start this computation. Ask one "
                    "of them, or wait until it starts by itself."
                )
            )

    @api.model
    def _resolve_companies(self, companies=None):
        """The companies that a caller means; remote callers send ids.

        :param companies: res.company records or ids; default: the current company. A
            branch means its main company.
        :raise AccessError: when one of them is not among the user's current companies
        """
        if isinstance(companies, models.BaseModel):
            companies = companies.ids
        ids = dict.fromkeys(companies or ())  # each once, however often it is named
        companies = self.env["res.company"].browse(ids) or self.env.company
        companies = companies._get_value_root()
        if companies - self.env.companies and not self.env.su:
            raise AccessError(
                self.env._(
                    "You can do this for your own companies only. Choose them at the "
                    "top right."
                )
            )
        return companies

    # ------------------------------------------------------------------ running
    @api.model
    def _try_lock(self, company, job=None):
        """Take the company's lock of a job until the end of the transaction.

        A job that finds it taken leaves the company to the other one. Each job has
        a lock of its own: different ones of a company go on side by side.

        :param job: name of the job, default: this model's
        :return: whether the lock was free
        """
        # Two keys: no lock of Odoo's own, which has one, is ever meant.
        query = SQL(
            "SELECT pg_try_advisory_xact_lock(hashtext(%s), %s)",
            job or self._name,
            company.id,
        )
        return self.env.execute_query(query)[0][0]

    @api.model
    def _run_each(self, records, work, job=None, repeat=True):
        """Do the work of a scheduled action, one transaction each.

        :param records: companies, or records with a ``company_id``, such as runs
        :param work: called with each record; may commit; returns False when it is not
            done: somebody else is at it, or the time is over
        :param job: name of the job in the log and on the run; default: this model's
        :param repeat: whether what is not done, or conflicts with somebody's
            transaction, is tried again at once; False: the next time will do
        """
        crons = self.env["ir.cron"]
        crons._commit_progress(remaining=len(records))
        for record in records:
            try:
                left = work(record) is False
            except CONFLICTS as error:
                _logger.info("%s of %s: %s", job or self._name, record, error)
                self.env.cr.rollback()
                left = True
            except Exception as error:  # one company's error stops no other
                _logger.exception("%s of %s failed", job or self._name, record)
                self.env.cr.rollback()
                self._keep_failure(record, job or self._name, error)
                left = False
            if not crons._commit_progress(0 if left and repeat else 1):
                break

    @api.model
    def _keep_failure(self, record, job, error):
        """Hook: show an error that no run shows yet."""
        company = record if record._name == "res.company" else record.company_id
        now = fields.Datetime.now()
        self.env["crm.job.run"].sudo().create(
            {
                "company_id": company.id,
                "job": job,
                "state": "failed",
                "started_at": now,
                "finished_at": now,
                "error": str(error) or type(error).__name__,
            }
        )
