from dateutil.relativedelta import relativedelta

from odoo import models
from odoo.tools import SQL, format_date, formatLang
from odoo.tools.date_utils import start_of

QUARTERS = 8
CHANGES = 7  # with the score of today there are eight bars


class CrmValueProfile(models.Model):
    """How a customer developed, as pictures in the explanation."""

    _inherit = "crm.value.profile"  # pylint: disable=consider-merging-classes-inherited

    def _get_explanation_charts(self):
        charts = super()._get_explanation_charts()
        run = self._get_explaining_run()
        if run and self.data_state != "no_purchase":
            charts.append(self._get_revenue_chart(run.parameters["source"]))
            charts += self._get_score_charts()
        return charts

    def _get_revenue_chart(self, source):
        """Revenue less refunds of the last two years, by quarter."""
        sources = self.env["crm.value.source"].sudo()
        sources._flush_source()
        events = sources._get_events_sql(
            source,
            self.company_id,
            self.as_of,
            False,
            SQL("SELECT %s", self.partner_id.id),
        )
        current = start_of(self.as_of, "quarter")
        first = current - relativedelta(months=3 * (QUARTERS - 1))
        known = dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT date_trunc('quarter', event.day)::date, SUM(event.amount)
                      FROM (%s) event WHERE event.day >= %s GROUP BY 1
                    """,
                    events,
                    first,
                )
            )
        )
        points = []
        for number in range(QUARTERS):
            day = first + relativedelta(months=3 * number)
            amount = known.get(day) or 0
            # whole units: eight amounts have room on a telephone
            text = formatLang(self.env, amount, digits=0) if amount else ""
            points.append((self._format_quarter(day), amount, text))
        title = self.env._(
            "Revenue by quarter, in %(currency)s", currency=self.currency_id.name
        )
        return self._prepare_chart(title, points)

    def _format_quarter(self, day):
        return format_date(self.env, day, date_format="yy'Q'Q")

    def _get_score_charts(self):
        """The score whenever tier or stage changed, and now; [] when neither did."""
        changes = self.env["crm.value.transition"].search(
            [("profile_id", "=", self.id), ("is_merged", "=", False)],
            order="date desc, id desc",
            limit=2 * CHANGES,  # tier and stage may change on the same day
        )
        scores = {change.date: change.to_score for change in reversed(changes)}
        scores[self.as_of] = self.value_score
        if len(scores) < 2:
            return []
        points = [
            (
                format_date(self.env, day, date_format="MMM yy"),
                score,
                formatLang(self.env, score, digits=0),
            )
            for day, score in sorted(scores.items())[-CHANGES - 1 :]
        ]
        title = self.env._("Score when tier or stage changed, and now")
        return [self._prepare_chart(title, points)]
