from odoo.tests import tagged

from .common import RetentionCommon


@tagged("post_install", "-at_install")
class TestRetentionLock(RetentionCommon):
    """Activities are scheduled once at a time, and wait for no other job."""

    def _check_blocked(self, running):
        jobs = {
            "crm.value.run": lambda: self.env["crm.value.run"].recompute(self.company),
            "crm.value.outreach": self._schedule,
        }
        self._check_only_one_blocked(running, jobs)

    def test_tiers_are_computed(self):
        """This very transaction has computed them: another one may do the rest."""
        with self.registry.cursor() as cr:
            elsewhere = self.company.with_env(self.env(cr=cr))
            jobs = elsewhere.env["crm.job.run"]
            self.assertFalse(jobs._try_lock(elsewhere, "crm.value.run"))
            self.assertTrue(jobs._try_lock(elsewhere, "crm.value.outreach"))

    def test_another_job(self):
        """The night's activities do not wait for a long computation of an add-on."""
        self._check_blocked("another.job")

    def test_activities_are_scheduled(self):
        self._check_blocked("crm.value.outreach")

    def test_companies_do_not_block_each_other(self):
        other = self._create_company("Value Test Other Company")
        with self.registry.cursor() as cr:
            elsewhere = other.with_env(self.env(cr=cr))
            jobs = elsewhere.env["crm.job.run"]
            self.assertTrue(jobs._try_lock(elsewhere, "crm.value.outreach"))
            self.assertTrue(self._schedule())
