from datetime import date

from odoo.tests import tagged

from ..hooks import uninstall_hook
from .common import IncentiveCommon


@tagged("post_install", "-at_install")
class TestIncentiveUninstall(IncentiveCommon):
    """Whoever removes the add-on removes it: no guard is left in the way."""

    def test_nothing_is_guarded_any_more(self):
        self._set_plan(self._percent(10))
        march = self._period(3)
        self._sell(date(2024, 3, 10), 1000)
        self._close(march, pay=True)
        favourite = self.env["ir.filters"].create(
            {"name": "Value Test", "model_id": "crm.incentive.line"}
        )
        self.env.flush_all()
        uninstall_hook(self.env)
        self.assertFalse(favourite.exists())
        for table in (
            "crm_incentive_plan",
            "crm_incentive_version",
            "crm_incentive_event",
            "crm_incentive_period",
        ):
            self.env.cr.execute(f"DELETE FROM {table}")
            self.assertTrue(self.env.cr.rowcount)
        self.env.cr.execute(
            "SELECT proname FROM pg_proc WHERE proname LIKE 'crm_incentive%guard'"
        )
        self.assertFalse(self.env.cr.fetchall())
