from odoo.tests import tagged

from .test_value_outreach import ActionCommon


@tagged("post_install", "-at_install")
class TestValueLock(ActionCommon):
    """Each job of a company runs once at a time, and none waits for another."""

    def _assert_only_one_blocked(self, running):
        """While another session is at the job ``running``, the other jobs work."""
        jobs = {
            "crm.value.run": lambda: self.env["crm.value.run"].recompute(self.company),
            "crm.metric.run": lambda: self.env["crm.metric.run"].recompute(
                self.company
            ),
            "crm.value.outreach": self._schedule,
        }
        with self.registry.cursor() as cr:
            elsewhere = self.company.with_env(self.env(cr=cr))
            self.assertTrue(elsewhere.env["crm.job.run"]._try_lock(elsewhere, running))
            for name, job in jobs.items():
                with self.subTest(running=running, job=name):
                    self.assertEqual(bool(job()), name != running)

    def test_tiers_are_computed(self):
        """This very transaction has computed them: another one may do the rest."""
        with self.registry.cursor() as cr:
            elsewhere = self.company.with_env(self.env(cr=cr))
            self.assertFalse(elsewhere.env["crm.job.run"]._try_lock(elsewhere, "crm.value.run"))
            self.assertTrue(elsewhere.env["crm.job.run"]._try_lock(elsewhere, "crm.metric.run"))
            self.assertTrue(elsewhere.env["crm.job.run"]._try_lock(elsewhere, "crm.value.outreach"))

    def test_metrics_are_computed(self):
        """The night's activities do not wait for a long computation of metrics."""
        self._assert_only_one_blocked("crm.metric.run")

    def test_activities_are_scheduled(self):
        self._assert_only_one_blocked("crm.value.outreach")

    def test_companies_do_not_block_each_other(self):
        other = self._create_company("Value Test Other Company")
        with self.registry.cursor() as cr:
            elsewhere = other.with_env(self.env(cr=cr))
            self.assertTrue(elsewhere.env["crm.job.run"]._try_lock(elsewhere, "crm.value.outreach"))
            self.assertTrue(self._schedule())
