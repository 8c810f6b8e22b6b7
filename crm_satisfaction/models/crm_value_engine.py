from odoo import api, models
from odoo.tools import SQL

DIMENSION = "satisfaction"
WEIGHT = f"weight_{DIMENSION}"
# Columns of the profile, and of the facts, bar the score.
COLUMNS = {"satisfaction_mean": "numeric", "satisfaction_count": "int4"}


class CrmValueEngine(models.AbstractModel):
    """Satisfaction as a dimension of the value score, through the engine's own hooks.

    While its weight is 0 it is in no statement. Answers count for the commercial entity
    that the contact belongs to now, as orders do.
    """

    _inherit = "crm.value.engine"

    @api.model
    def _get_dimensions(self, parameters=None):
        dimensions = super()._get_dimensions(parameters)
        if parameters is None or parameters.get(WEIGHT):
            dimensions.append(
                {
                    "code": DIMENSION,
                    "measure": SQL("f.satisfaction_mean"),
                    "field": "satisfaction_mean",
                }
            )
        return dimensions

    @api.model
    def _prepare_job(self, company, policy, as_of, hysteresis, scope=None):
        """Adds ``satisfaction``: "measured", "forgotten" (the weight has become 0, the
        profiles still tell what they were) or None."""
        job = super()._prepare_job(company, policy, as_of, hysteresis, scope)
        job["satisfaction"] = None
        if job["parameters"][WEIGHT]:
            job["satisfaction"] = "measured"
        elif self._get_last_weight(company):
            job["satisfaction"] = "forgotten"
        return job

    @api.model
    def _get_last_weight(self, company):
        """The weight in the last computation of all customers; None without any."""
        self.env["crm.value.run"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT (parameters ->> %s)::int FROM crm_value_run
                 WHERE company_id = %s AND state = 'done' AND kind = 'full'
                   AND parameters IS NOT NULL
                 ORDER BY id DESC LIMIT 1
                """,
                WEIGHT,
                company.id,
            )
        )
        return rows and rows[0][0]

    @api.model
    def _collect_facts(self, job):
        """Adds to ``crm_value_fact``: ``satisfaction_mean``, the mean score of the
        answers of the period, from 0 to 100, and ``satisfaction_count``, how many they
        are; both NULL without any."""
        super()._collect_facts(job)
        if job["satisfaction"] != "measured":
            return
        self.env["crm.satisfaction.answer"].flush_model()
        self.env.cr.execute(
            SQL(
                "ALTER TABLE crm_value_fact %s",
                SQL(", ").join(
                    SQL("ADD COLUMN %s %s", SQL.identifier(name), SQL.identifier(kind))
                    for name, kind in COLUMNS.items()
                ),
            )
        )
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_value_fact fact
                   SET satisfaction_mean = asked.mean, satisfaction_count = asked.count
                  FROM (%s) asked
                 WHERE asked.partner_id = fact.partner_id
                """,
                self._get_satisfaction_sql(job),
            )
        )

    @api.model
    def _get_satisfaction_sql(self, job):
        """Rows ``partner_id, mean, count``: customers with answers in the period."""
        window = job["parameters"]["window_days"]
        return SQL(
            """
            SELECT partner.commercial_partner_id AS partner_id,
                   ROUND(AVG(answer.score), 2) AS mean, COUNT(*) AS count
              FROM crm_satisfaction_answer answer
              JOIN res_partner partner ON partner.id = answer.partner_id
             WHERE answer.company_id = %(company)s AND answer.date <= %(as_of)s
               AND %(in_window)s AND %(counted)s %(in_scope)s
             GROUP BY partner.commercial_partner_id
            """,
            company=job["company"].id,
            as_of=job["as_of"],
            in_window=SQL("answer.date > %s::date - %s", job["as_of"], window)
            if window
            else SQL("TRUE"),
            counted=self.env["crm.satisfaction.answer"]._get_counted_sql(),
            in_scope=self.env["crm.value.source"]._get_scope_sql(job["scope"]),
        )

    @api.model
    def _get_profile_columns(self, job):
        columns = super()._get_profile_columns(job)
        if job["satisfaction"] == "measured":
            columns |= {name: SQL("f.%s", SQL.identifier(name)) for name in COLUMNS}
        elif job["satisfaction"] == "forgotten":
            kinds = {**COLUMNS, f"score_{DIMENSION}": "int4"}
            columns |= {
                name: SQL("NULL::%s", SQL.identifier(kind))
                for name, kind in kinds.items()
            }
        return columns
