import re
from pathlib import Path

from odoo.tests import tagged

from .common import IncentiveCommon

GUIDE = Path(__file__).parents[2] / "docs" / "user-guide.md"
TABLE = re.compile(r"^\| (.+?) \| ([\d,.]+) \| ([\d,.]+) \| ([\d,.]+) \|$", re.M)


@tagged("post_install", "-at_install")
class TestIncentiveGuide(IncentiveCommon):
    """The numbers that the user guide prints are what the add-on computes."""

    def _get_chapter(self):
        text = GUIDE.read_text(encoding="utf-8")
        return text.split("## 17 Incentives")[1]

    def test_readings(self):
        """The table of the four readings, by tier."""
        rows = dict((name, pays) for name, *pays in TABLE.findall(self._get_chapter()))
        labels = dict(
            self.env["crm.incentive.version"]._fields["weight_reading"].selection
        )
        self.assertEqual(set(rows), set(labels.values()))
        weights = {self.tier_mid: 45, self.tier_high: 65, self.tier_low: 25}
        for key, label in labels.items():
            version = self._draft(
                {"kind": "percent", "rate": 2}, weight_reading=key, weights=weights
            )
            for tier, printed in zip(
                (self.tier_high, self.tier_mid, self.tier_low), rows[label], strict=True
            ):
                with self.subTest(reading=label, tier=tier.name):
                    pay = self._case(version, [100000], tier=tier)[0]
                    self.assertEqual(f"{float(pay):,.2f}", printed)

    def test_worked_example(self):
        """A complex contract of 100,000 with a new customer of the best tier."""
        version = self.env["crm.incentive.version"].create({"plan_id": self.plan.id})
        version.action_take_template()
        lines = self._case(version, [100000], tier=self.tier_high, is_complex=True)
        chapter = self._get_chapter()
        for amount in (*map(float, lines), sum(map(float, lines))):
            self.assertIn(f"{amount:,.2f}", chapter)
