from datetime import date

from lxml import html

from odoo.tests import tagged

from .common import ValueCommon


@tagged("post_install", "-at_install")
class TestValueTrend(ValueCommon):
    """The pictures below the reasons."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._ladder()
        cls.customer = cls.env["res.partner"].create({"name": "Trend"})

    def _charts(self, user=None):
        profile = self._profile(self.customer).with_user(user or self.seller)
        return profile._get_explanation_charts()

    def test_revenue_by_quarter(self):
        """Eight quarters up to the one of the computation; refunds are taken off."""
        day = date(2026, 5, 20)
        for when, amount in (
            (date(2024, 6, 30), 1_000),  # one quarter too early
            (date(2024, 7, 1), 40),
            (date(2026, 1, 1), 100.25),
            (date(2026, 3, 31), -20.25),
            (date(2026, 4, 1), 8),
            (date(2026, 5, 21), 500),  # after the day of the computation
        ):
            self._buy(self.customer, when, amount)
        self._run(day)
        chart = self._charts()[0]
        self.assertEqual(
            chart["title"],
            f"Revenue by quarter, in {self.company.currency_id.name}",
        )
        bars = [(bar["label"], bar["text"], bar["height"]) for bar in chart["bars"]]
        self.assertEqual(len(bars), 8)
        self.assertEqual(bars[0], ("24Q3", "40", 50))
        self.assertEqual(bars[-2], ("26Q1", "80", 100))
        self.assertEqual(bars[-1], ("26Q2", "8", 10))
        self.assertEqual({text for _label, text, _height in bars[1:6]}, {""})

    def test_a_quarter_of_refunds_has_no_bar(self):
        self._buy(self.customer, date(2026, 2, 1), 50)
        self._buy(self.customer, date(2026, 4, 2), -30)
        self._run(date(2026, 5, 20))
        bars = self._charts()[0]["bars"]
        self.assertEqual((bars[-1]["text"], bars[-1]["height"]), ("-30", 0))

    def test_score_over_time(self):
        """At each change and now; nothing to look at with a single point."""
        self._buy(self.customer, date(2026, 1, 10), 500)
        self._run(date(2026, 1, 20))
        self.assertEqual(len(self._charts()), 1)
        first = self._profile(self.customer).value_score
        self._buy(self.customer, date(2026, 5, 1), 5_000)
        self._run(date(2026, 5, 20))
        _revenue, score = self._charts()
        now = self._profile(self.customer).value_score
        texts = [bar["text"] for bar in score["bars"]]
        self.assertEqual(texts[0], f"{first:.0f}")
        self.assertEqual(texts[-1], f"{now:.0f}")
        self.assertEqual(score["bars"][-1]["label"], "May 26")

    def test_shown_below_the_reasons_and_only_there(self):
        self._buy(self.customer, date(2026, 4, 1), 80)
        self._run(date(2026, 5, 20))
        profile = self._profile(self.customer)
        tree = html.fromstring(str(profile.explanation_html))
        self.assertTrue(tree.xpath("//figure//li"))
        self.assertNotIn("charts", profile._get_explanation())

    def test_no_purchase_no_picture(self):
        self._buy(self.customer, date(2026, 4, 1), -80)
        self._run(date(2026, 5, 20))
        self.assertEqual(self._profile(self.customer).data_state, "no_purchase")
        self.assertEqual(self._charts(), [])
