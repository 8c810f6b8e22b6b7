from odoo import models
from odoo.tools import SQL


class CrmMetricEngine(models.AbstractModel):
    _inherit = "crm.metric.engine"

    def _collect_metric_cancellation(self, job):
        """Cancelled orders by all orders dated in the month, for who sold."""
        return SQL(
            "SELECT team_id, user_id, NULL::int AS tier_id,"
            " COUNT(*) FILTER (WHERE state = 'cancel') AS numerator,"
            " COUNT(*) AS denominator FROM sale_order WHERE company_id = %s"
            " AND date_order >= %s AND date_order < %s GROUP BY team_id, user_id",
            job.company.id,
            job.start,
            job.stop,
        )
