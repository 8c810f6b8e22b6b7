from odoo import api, models
from odoo.tools import SQL

from odoo.addons.crm_value_tiering.models.crm_value_engine import Dimension


class CrmValueEngine(models.AbstractModel):
    """Satisfaction as a dimension of the value score: the mean of the answers."""

    _inherit = "crm.value.engine"

    @api.model
    def _get_all_dimensions(self):
        return [
            *super()._get_all_dimensions(),
            Dimension(
                "satisfaction",
                SQL("f.satisfaction_mean"),
                "satisfaction_mean",
                facts=self._get_satisfaction_sql,
                columns={"satisfaction_mean": "numeric", "satisfaction_count": "int4"},
            ),
        ]

    @api.model
    def _get_satisfaction_sql(self, job):
        """Customers with answers in the observation window: mean score, from 0 to 100,
        and number of answers. Answers count for the commercial entity that the contact
        belongs to now, as orders do.
        """
        self.env["crm.satisfaction.answer"].flush_model()
        window = job.parameters["window_days"]
        return SQL(
            """
            SELECT partner.commercial_partner_id AS partner_id,
                   ROUND(AVG(answer.score), 2) AS satisfaction_mean,
                   COUNT(*)::int AS satisfaction_count
              FROM crm_satisfaction_answer answer
              JOIN res_partner partner ON partner.id = answer.partner_id
             WHERE answer.company_id = ANY(%(companies)s) AND answer.date <= %(as_of)s
               AND %(in_window)s AND %(counted)s %(in_scope)s
             GROUP BY partner.commercial_partner_id
            """,
            companies=job.company._get_value_company_ids(),
            as_of=job.as_of,
            in_window=SQL("answer.date > %s::date - %s", job.as_of, window)
            if window
            else SQL("TRUE"),
            counted=self.env["crm.satisfaction.answer"]._get_counted_sql(),
            in_scope=self.env["crm.value.source"]._get_scope_sql(job.scope),
        )
