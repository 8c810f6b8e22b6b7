from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL


class CrmValueRun(models.Model):
    """When the scheduled action, which wakes every night, computes a company again."""

    _inherit = "crm.value.run"

    @api.model
    def _get_companies_to_compute(self):
        companies = super()._get_companies_to_compute()
        last = self._get_last_as_of(companies, kinds=("full",))
        return companies.filtered(
            lambda company: self._is_due(company, last.get(company.id))
        )

    @api.model
    def _is_due(self, company, last):
        """Whether the schedule of ``company`` asks for a computation today.

        Once per day, week (from Monday) or month (from the first). A computation by hand
        counts; one of an earlier day does so for the period of that day only, so the
        tiers come back to the present by themselves.

        :param last: as-of date of the latest computation of all customers, or None
        """
        today = company._get_value_today()
        model = self.env["crm.value.model"].sudo()._find_for_company(company, today)
        start = {
            "daily": lambda day: day,
            "weekly": lambda day: day - timedelta(days=day.weekday()),
            "monthly": lambda day: day.replace(day=1),
        }[model.schedule or "monthly"]
        return not last or start(last) != start(today)

    @api.model
    def _get_last_as_of(self, companies, kinds=("full", "changes")):
        """As-of date of the latest finished computation, by id of the company."""
        self.flush_model(["company_id", "as_of", "state", "kind"])
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT DISTINCT ON (company_id) company_id, as_of
                      FROM crm_value_run
                     WHERE company_id = ANY(%s) AND state = 'done' AND kind = ANY(%s)
                     ORDER BY company_id, id DESC
                    """,
                    companies.ids,
                    list(kinds),
                )
            )
        )
