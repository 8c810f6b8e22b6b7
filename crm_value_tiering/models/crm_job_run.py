from odoo import api, fields, models


class CrmJobRun(models.Model):
    """Errors of jobs that keep no record of their own."""

    _name = "crm.job.run"
    _inherit = "crm.company.job"
    _description = "Scheduled Work"
    _rec_name = "job"

    job = fields.Char(required=True, readonly=True, help="Technical name of the job.")

    @api.autovacuum
    def _gc_runs(self):
        """Old errors are of no interest."""
        self.search([("create_date", "<", "today -6m")]).unlink()
