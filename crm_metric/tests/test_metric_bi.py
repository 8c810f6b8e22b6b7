from odoo.tests import tagged

from odoo.addons.crm_value_tiering.tests.common import BiHttpCommon

READABLE = {"crm.metric", "crm.metric.fact", "crm.metric.target", "crm.metric.cohort"}


@tagged("post_install", "-at_install")
class TestMetricBi(BiHttpCommon):
    """What a reporting tool reads of metrics."""

    def test_rights(self):
        self._check_readable("crm_metric", READABLE)

    def test_every_readable_model_without_a_list_of_fields(self):
        """What a tool asks for that knows no fields: nothing it may not read."""
        self.env["crm.metric.run"].recompute(self.company, self.as_of, self.as_of)
        for model in READABLE:
            with self.subTest(model=model):
                self._call(model, "search_read", domain=[], limit=5)

    def test_targets(self):
        """With what they came to, and the names of team and person."""
        team = self.env["crm.team"].create(
            {"name": "Value Test Team", "company_id": self.company.id}
        )
        self._buy(self.customers[0], self.as_of, 50, team_id=team.id)
        self.env["crm.metric.run"].recompute(self.company, self.as_of, self.as_of)
        self.env["crm.metric.target"].create(
            {
                "metric_id": self.env.ref("crm_metric.crm_metric_revenue").id,
                "company_id": self.company.id,
                "team_id": team.id,
                "date_from": "2026-06-01",
                "date_to": "2026-07-01",
                "target": 100,
            }
        )
        [row] = self._call("crm.metric.target", "search_read", domain=[])
        self.assertEqual(
            (row["actual"], row["expected"], row["status"], row["team_id"]),
            (50, 100, "behind", [team.id, "Value Test Team"]),
        )
