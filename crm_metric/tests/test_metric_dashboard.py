import json

from odoo import fields
from odoo.tests import HttpCase, TransactionCase, tagged

from odoo.addons.crm_value_tiering.tests.common_dashboard import (
    COMPARE,
    DashboardChecks,
)

from .common import MetricCommon


@tagged("post_install", "-at_install")
class TestMetricDashboard(DashboardChecks, TransactionCase):
    module = "crm_metric"


@tagged("post_install", "-at_install")
class TestMetricDashboardUi(MetricCommon, HttpCase):
    """A board in a browser shows what the ORM says, and leads to it.

    The browser's clock cannot be stopped, so the book ends today. The company lives in
    the browser's time zone: the months of the board are the same for both.
    """

    def test_retention_board(self):
        self.company.partner_id.tz = "UTC"
        today = self.company._get_value_today()
        start = today.replace(day=1)
        # Odoo counts "last 12 months" from tomorrow: on the last day of a month, that
        # month is the last one already.
        after = fields.Date.add(today, days=1).replace(day=1)
        customers = self.env["res.partner"].create(
            [{"name": f"Metric Test {number}"} for number in range(12)]
        )
        for number, customer in enumerate(customers):
            for months in range(2 + number, 25, 3 + number):
                day = fields.Date.subtract(start, months=months)
                self._buy(customer, day, 100 + 10.01 * number)
        self._measure(fields.Date.subtract(start, months=24), start)
        dashboard = self.env.ref("crm_metric.dashboard_retention")
        document = json.loads(dashboard.spreadsheet_data)
        codes = document["pivots"]["1"]["domain"][0][2]
        periods = [
            (fields.Date.subtract(after, months=months + 12),
             fields.Date.subtract(after, months=months))
            for months in (0, 12)
        ]  # fmt: skip
        figures = [
            {
                row["code"]: row["value:avg"]
                for row in self.facts.formatted_read_group(
                    [
                        ("company_id", "=", self.company.id),
                        ("date", ">=", first),
                        ("date", "<", end),
                    ],
                    ["code"],
                    ["value:avg"],
                )
            }
            for first, end in periods
        ]
        expected = [[period.get(code) or None for period in figures] for code in codes]
        self.assertGreater(sum(row[0] is not None for row in expected), 4)
        charts = len(document["sheets"][0]["figures"])
        self.browser_js(
            f"/odoo/dashboards?dashboard_id={dashboard.id}",
            COMPARE % (json.dumps(expected), charts),
            ready="odoo.isReady === true",
            login="value_manager",
            timeout=120,
        )
