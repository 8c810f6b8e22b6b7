"""A time zone that this system does not know stops nobody's jobs."""

from datetime import date, datetime

from odoo.tests import tagged
from odoo.tools import SQL

from .common import ValueCommon

# Dropped from the time zone database in 2020; restored databases may hold it.
DROPPED = "US/Pacific-New"


@tagged("post_install", "-at_install")
class TestValueTimezone(ValueCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._create_customer()
        # Monday, 1:00 in Shanghai: still Sunday in UTC and in New York
        cls.moment = datetime(2026, 6, 14, 17)

    def _restore(self, company=None):
        """As from a database of before: the field itself refuses the name."""
        company = company or self.company
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE res_partner SET tz = %s WHERE id = %s",
                DROPPED,
                company.partner_id.id,
            )
        )
        company.partner_id.invalidate_recordset(["tz"])

    def test_known(self):
        self.assertEqual(self.company._get_value_timezone(), "Asia/Shanghai")
        self.assertFalse(self.company._get_value_timezone_warning())
        self.assertEqual(self.company._get_value_day(self.moment), date(2026, 6, 15))

    def test_working_hours_stand_in(self):
        self.company.resource_calendar_id.tz = "America/New_York"
        self._restore()
        self.assertEqual(self.company._get_value_timezone(), "America/New_York")
        self.assertEqual(self.company._get_value_day(self.moment), date(2026, 6, 14))
        self.assertEqual(
            self.company._get_value_day_start(date(2026, 6, 15)),
            datetime(2026, 6, 15, 4),
        )
        self.assertRegex(
            self.company._get_value_timezone_warning(),
            f"“{DROPPED}” of Value Test Company is not known.*“America/New_York”",
        )

    def test_none_known(self):
        self.company.resource_calendar_id = False
        self._restore()
        self.assertEqual(self.company._get_value_timezone(), "UTC")
        self.assertIn("“UTC”", self.company._get_value_timezone_warning())

    def test_none_chosen(self):
        """Nothing was chosen, so nothing is amiss."""
        self.company.resource_calendar_id = False
        self.company.partner_id.tz = False
        self.assertEqual(self.company._get_value_timezone(), "UTC")
        self.assertFalse(self.company._get_value_timezone_warning())

    def test_computed_all_the_same(self):
        """The run says what it was computed with, also after it was put right."""
        self._buy(self.customer, self.as_of, 10)
        self._restore()
        run = self._run()
        self.assertIn(DROPPED, run.note)
        self.assertEqual(self._profile(self.customer).purchase_days, 1)
        self.company.partner_id.tz = "Asia/Shanghai"
        self.assertIn(DROPPED, run.note)
        self.assertFalse(self._run().note)

    def test_scheduled_actions(self):
        """Both companies get their tiers, by the night's job and by the hour's."""
        healthy = self._create_company("Value Test Healthy Company")
        today = healthy._get_value_today()
        for company in (self.company, healthy):
            self._buy_many([(self.customer, today, 10)], company=company)
        self._restore()
        for name in ("recompute", "changes"):
            with self.enter_registry_test_mode():
                self.env.ref(
                    f"crm_value_tiering.ir_cron_crm_value_{name}"
                ).method_direct_trigger()
        runs = self.env["crm.value.run"].search(
            [("company_id", "in", (self.company + healthy).ids)]
        )
        self.assertEqual(
            {run.company_id: (run.state, bool(run.note)) for run in runs},
            {self.company: ("done", True), healthy: ("done", False)},
        )
