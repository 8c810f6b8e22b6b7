from odoo import api, fields, models


class CrmJobRun(models.Model):
    """Runs of jobs that keep no record of their own, and errors that none could show."""

    _name = "crm.job.run"
    _inherit = "crm.company.job"
    _description = "Scheduled Work"
    _rec_name = "job"

    job = fields.Char(
        required=True, readonly=True, help="Technical name of what was to be done."
    )

    @api.autovacuum
    def _gc_runs(self):
        """Nobody asks for the errors of last year."""
        self.search([("create_date", "<", "today -6m")]).unlink()
