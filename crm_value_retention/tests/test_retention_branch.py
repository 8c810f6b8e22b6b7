"""Customers of a branch are those of its main company."""

from datetime import timedelta

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import RetentionCommon


@tagged("post_install", "-at_install")
class TestRetentionBranch(RetentionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.branch = cls._create_company(
            "Value Test Branch", tz="UTC", parent_id=cls.company.id
        )
        cls.local = cls._create_user(
            "value_local",
            "sales_team.group_sale_salesman",
            company_id=cls.branch.id,
            company_ids=[Command.set(cls.branch.ids)],
        )

    def test_owner_in_the_branch(self):
        self.at_risk.user_id = self.local
        actions = self._schedule().filtered(lambda one: one.kind == "save")
        self.assertEqual(actions.company_id, self.company)
        self.assertEqual(actions.user_id, self.local)
        seen = self.actions.with_user(self.local)
        seen = seen.with_context(allowed_company_ids=self.branch.ids)
        self.assertLessEqual(actions, seen.search([]))

    def test_sign_of_life_in_the_branch(self):
        self._profile(self.lost).as_of = self.today - timedelta(days=1)
        self.assertIn(self.lost, self._preview_customers())
        self._buy(self.lost, self.today, 10, company=self.branch)
        self.assertNotIn(self.lost, self._schedule().partner_id)

    def _preview_customers(self):
        """Who would be asked for, without asking."""
        options = self.actions._get_options(self.company)
        self.actions._flush_candidates()
        query = self.actions._get_candidates_sql(self.company, self.today, options)
        rows = self.env.execute_query(query)
        return self.env["res.partner"].browse(row[0] for row in rows)

    def test_churn_record_in_the_branch(self):
        """It settles the outreach, and keeps the value of the whole company."""
        self.at_risk[0].user_id = self.local
        actions = self._schedule()
        records = self.env["crm.churn.record"].with_user(self.local)
        record = records.with_context(allowed_company_ids=self.branch.ids).create(
            {
                "partner_id": self.at_risk[0].id,
                "reason_id": self.env.ref(
                    "crm_value_retention.crm_churn_reason_price"
                ).id,
            }
        )
        profile = self._profile(self.at_risk[0])
        self.assertRecordValues(
            record,
            [
                {
                    "company_id": self.company.id,
                    "tier_id": profile.tier_id.id,
                    "revenue_total": profile.revenue_total,
                }
            ],
        )
        done = actions.filtered(lambda one: one.outcome == "left")
        self.assertEqual(done.partner_id, self.at_risk[0])

    def test_contact_in_the_branch(self):
        self.tier_low.contact_days = 30
        lead = self.env["crm.lead"].create(
            {
                "name": "Deal",
                "partner_id": self.at_risk[3].id,
                "company_id": self.branch.id,
            }
        )
        lead.message_post(
            body="Hello", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self.env["crm.value.profile"]._update_contacts(self.company, self.today)
        self.assertTrue(self._profile(self.at_risk[3]).last_contact_date)

    def test_settings(self):
        """The branch has those of its main company, and no job of its own."""
        self.assertTrue(self.branch.crm_value_save)
        self.company.crm_value_outreach_limit = 3
        self.assertEqual(self.branch.crm_value_outreach_limit, 3)
        with (
            self.assertRaisesRegex(ValidationError, "must be the same"),
            self.env.cr.savepoint(),
        ):
            self.branch.crm_value_outreach_limit = 4
        self.branch.invalidate_recordset()
        main, branch = (
            self.actions._preview(company) for company in (self.company, self.branch)
        )
        self.assertEqual(main, branch)
        with self.enter_registry_test_mode():
            self.env.ref(
                "crm_value_retention.ir_cron_crm_value_outreach"
            ).method_direct_trigger()
        self.env.invalidate_all()
        actions = self.actions.search(
            [("company_id", "in", (self.company + self.branch).ids)]
        )
        self.assertEqual(actions.company_id, self.company)
