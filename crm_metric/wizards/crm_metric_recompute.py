from odoo import fields, models
from odoo.tools import date_utils


class CrmMetricRecompute(models.TransientModel):
    """Compute the metrics of some months again: past ones, or after a correction."""

    _name = "crm.metric.recompute"
    _inherit = "crm.dialog.mixin"
    _description = "Compute Metrics"

    date_from = fields.Date(
        string="First Month",
        required=True,
        default=lambda self: fields.Date.subtract(self._default_date_to(), months=11),
        help="Any day of the first month.",
    )
    date_to = fields.Date(
        string="Last Month",
        required=True,
        default=lambda self: self._default_date_to(),
        help="Any day of the last month.",
    )

    def _default_date_to(self):
        return date_utils.start_of(self.env.company._get_value_today(), "month")

    def action_recompute(self):
        """Hand the months to the scheduled action and show its progress."""
        self.ensure_one()
        run = self.env["crm.metric.run"]._request(
            self.company_id, self.date_from, self.date_to
        )
        self.env.ref("crm_metric.ir_cron_crm_metric_recompute").sudo()._trigger()
        return {
            "type": "ir.actions.act_window",
            "res_model": "crm.metric.run",
            "res_id": run.id,
            "views": [(False, "form")],
            "target": "current",
        }
