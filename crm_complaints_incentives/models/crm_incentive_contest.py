from odoo import api, models
from odoo.tools import SQL

HOUR = 3600  # seconds


class CrmIncentiveContest(models.Model):
    """Contests of service: what customers say of it, and how fast requests are solved.

    They are people's: whoever solved the request, or whose work was judged. Marks are
    read where customers gave them, so no employee can add one.
    """

    _inherit = "crm.incentive.contest"

    @api.model
    def _get_metrics(self):
        return super()._get_metrics() | {
            "service_satisfaction": {
                "label": self.env._("Satisfaction with service, marks 1 to 5"),
                "units": ("user",),
                "is_mean": True,
                "sql": lambda contest: contest._get_marks_sql(),
            },
            "service_hours": {
                "label": self.env._("Hours to solve a request"),
                "units": ("user",),
                "is_mean": True,
                "is_less_better": True,
                "sql": lambda contest: contest._get_hours_sql(),
            },
            "service_attitude": {
                "label": self.env._("Attitude: service in questionnaires, 1 to 5"),
                "units": ("user",),
                "is_mean": True,
                "sql": lambda contest: contest._get_attitude_sql(),
            },
        }

    def _get_moments(self):
        """Between which moments a contest counts, by the company's days."""
        company = self.company_id
        return (
            company._get_value_day_start(self.date_from),
            company._get_value_day_start(self.date_to),
        )

    def _get_marks_sql(self):
        """Marks that customers gave for requests, by the day of the mark."""
        for name in ("crm.complaint", "rating.rating"):
            self.env[name].flush_model()
        start, stop = self._get_moments()
        return SQL(
            """
            SELECT request.user_id AS unit_id, SUM(mark.rating)::numeric AS total,
                   COUNT(*) AS n
              FROM crm_complaint request
              JOIN rating_rating mark
                ON mark.res_model = 'crm.complaint' AND mark.res_id = request.id
               AND mark.consumed AND mark.rating BETWEEN 1 AND 5
             WHERE request.company_id = %s AND request.user_id IS NOT NULL
               AND request.exclusion IS NULL
               AND request.marked_at >= %s AND request.marked_at < %s
             GROUP BY request.user_id
            """,
            self.company_id.id,
            start,
            stop,
        )

    def _get_hours_sql(self):
        """From receipt to closing, of the requests that were closed."""
        self.env["crm.complaint"].flush_model()
        start, stop = self._get_moments()
        return SQL(
            """
            SELECT user_id AS unit_id, SUM(ROUND(GREATEST(EXTRACT(
                       EPOCH FROM closed_at - received_at), 0) / %s, 4)) AS total,
                   COUNT(*) AS n
              FROM crm_complaint
             WHERE company_id = %s AND user_id IS NOT NULL AND exclusion IS NULL
               AND closed_at >= %s AND closed_at < %s
             GROUP BY user_id
            """,
            HOUR,
            self.company_id.id,
            start,
            stop,
        )

    def _get_attitude_sql(self):
        """Answers on service that are no marks of a request: those are counted above."""
        self.env["crm.satisfaction.answer"].flush_model()
        return SQL(
            """
            SELECT user_id AS unit_id, SUM(answer)::numeric AS total, COUNT(*) AS n
              FROM crm_satisfaction_answer
             WHERE company_id = %s AND user_id IS NOT NULL
               AND kind = 'csat' AND dimension = 'service'
               AND is_withdrawn IS NOT TRUE
               AND COALESCE(document, '') NOT LIKE 'crm.complaint,%%'
               AND date >= %s AND date < %s
             GROUP BY user_id
            """,
            self.company_id.id,
            self.date_from,
            self.date_to,
        )
