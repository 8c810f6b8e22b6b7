from odoo import api, fields, models


class CrmJobRun(models.Model):
    """Errors of jobs that keep no record of their own."""

    _name = "crm.job.run"
    _inherit = "crm.company.job"
    _description = "Scheduled Work"

    job = fields.Char(
        string="Technical Name",
        required=True,
        readonly=True,
        help="What the job is called in the server's log.",
    )
    name = fields.Char(
        string="Job",
        compute="_compute_name",
        help="What the job works on, in the user's language.",
    )

    @api.depends_context("lang")
    @api.depends("job")
    def _compute_name(self):
        # Whoever sees what went wrong has no right on the list of models.
        models = self.env["ir.model"].sudo()
        for run in self:
            known = run.job in self.env
            run.name = models._get(run.job).name if known else run.job

    @api.autovacuum
    def _gc_runs(self):
        """Old errors are of no interest."""
        self.search([("create_date", "<", "today -6m")]).unlink()
