from odoo import api, models
from odoo.tools import SQL


class CrmMetricRun(models.Model):
    _inherit = "crm.metric.run"

    @api.model
    def _get_first_days_sql(self, company):
        self.env["crm.satisfaction.answer"].flush_model()
        first = SQL(
            "SELECT MIN(date) FROM crm_satisfaction_answer WHERE company_id = ANY(%s)",
            company._get_value_company_ids(),
        )
        return [*super()._get_first_days_sql(company), first]

    @api.model
    def _get_companies_to_measure(self):
        """Also companies whose customers answered something."""
        companies = super()._get_companies_to_measure()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT company.id FROM res_company company
                 WHERE company.active AND company.parent_id IS NULL AND EXISTS (
                       SELECT FROM crm_satisfaction_answer WHERE company_id = ANY(%s))
                """,
                self.env["crm.value.source"]._get_branches_sql(),
            )
        )
        return companies | companies.browse(row[0] for row in rows)
