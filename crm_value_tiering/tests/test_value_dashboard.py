import json
from datetime import timedelta

from odoo.tests import HttpCase, TransactionCase, tagged

from .common import ValueCommon
from .common_dashboard import COMPARE, DashboardChecks


@tagged("post_install", "-at_install")
class TestValueDashboard(DashboardChecks, TransactionCase):
    module = "crm_value_tiering"


@tagged("post_install", "-at_install")
class TestValueDashboardUi(ValueCommon, HttpCase):
    """The board "Customer Value" in a browser shows what the ORM says.

    The browser's clock cannot be stopped, so the book ends today. The company lives in
    the browser's time zone, as it does for whoever looks at a board.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "UTC"
        cls.as_of = cls.company._get_value_today()
        cls.customers = cls._ladder()
        cls._run(cls.as_of - timedelta(days=1))
        cls._buy(cls.customers[9], cls.as_of, 10000)
        cls._run(cls.as_of)

    def _sum(self, domain, *aggregates):
        own = [("company_id", "=", self.company.id), ("purchase_days", ">", 0)]
        profiles = self.env["crm.value.profile"]
        return profiles._read_group([*own, *domain], [], aggregates)[0]

    def test_value_board(self):
        worth = self._sum(
            [], "__count", "revenue_year:sum", "clv_predictive:sum", "value_score:avg"
        )
        risk = self._sum(
            [("churn_level", "=", "high"), ("lifecycle", "!=", "lost")],
            "__count",
            "revenue_year:sum",
        )
        changes = self.env["crm.value.transition"]
        moves = [
            changes.search_count(
                [
                    ("company_id", "=", self.company.id),
                    ("kind", "=", "tier"),
                    ("direction", "=", direction),
                ]
            )
            for direction in ("up", "down")
        ]
        self.assertEqual(worth[0], 10)
        self.assertTrue(all(moves))
        expected = [[figure or None, None] for figure in (*worth, *risk, *moves)]
        dashboard = self.env.ref("crm_value_tiering.dashboard_value")
        document = json.loads(dashboard.spreadsheet_data)
        charts = len(document["sheets"][0]["figures"])
        script = COMPARE.replace(".o_pivot_view", ".o_list_view")
        self.browser_js(
            f"/odoo/dashboards?dashboard_id={dashboard.id}",
            script % (json.dumps(expected), charts),
            ready="odoo.isReady === true",
            login="value_manager",
            timeout=120,
        )
