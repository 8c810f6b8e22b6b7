"""A branch is part of its main company: its customers are the same customers."""

from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .common import ValueCommon


@tagged("post_install", "-at_install")
class TestValueBranch(ValueCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.branch = cls._create_company(
            "Value Test Branch", tz="UTC", parent_id=cls.company.id
        )
        cls.shop = cls._create_company(
            "Value Test Shop", tz="UTC", parent_id=cls.branch.id
        )
        cls.customers = cls._ladder()
        cls.best, cls.worst = cls.customers[0], cls.customers[9]
        cls._run()
        cls.local_seller = cls._create_local_user("sales_team.group_sale_salesman")
        cls.local_manager = cls._create_local_user("sales_team.group_sale_manager")

    @classmethod
    def _create_local_user(cls, group):
        """Somebody who works in the branch only."""
        return cls._create_user(
            f"value_branch_{group.rsplit('_', 1)[1]}",
            group,
            company_id=cls.branch.id,
            company_ids=[Command.set(cls.branch.ids)],
        )

    def _in_branch(self, records, user):
        """As in a session of the user, in the branch."""
        records = records.with_user(user)
        return records.with_context(allowed_company_ids=self.branch.ids)

    # ------------------------------------------------------------------ figures
    def test_counted_together(self):
        """Orders of all three make one customer, on the main company's days."""
        customer = self._create_customer("Value Test Everywhere")
        for company in (self.company, self.branch, self.shop):
            self._buy(
                customer, self.as_of - timedelta(days=3), 100, company=company
            ).date_order = "2026-06-26 20:00:00"  # 27 June in Shanghai
        self._buy(customer, self.as_of, 50, company=self.branch)
        run = self._run()
        self.assertEqual(run.company_id, self.company)
        self.assertRecordValues(
            self._profile(customer),
            [
                {
                    "company_id": self.company.id,
                    "revenue_total": 350,
                    "purchase_days": 2,
                    "first_purchase": self.as_of - timedelta(days=3),
                }
            ],
        )
        self.assertFalse(self._profile(customer, self.branch))
        self.assertFalse(self._profile(customer, self.shop))

    def test_invoices_together(self):
        """A branch posts in the books of its main company. (Accounts of a branch of its
        own would be needed to post there: the entry is moved.)"""
        self._set_model(source="invoice")
        customer = self._create_customer("Value Test Invoiced")
        self._invoice(customer, self.as_of, 100)
        move = self._invoice(customer, self.as_of, 30)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_move SET company_id = %s WHERE id = %s",
            [self.branch.id, move.id],
        )
        self.env.invalidate_all()
        self._run()
        self.assertEqual(self._profile(customer).revenue_total, 130)

    def test_computing_a_branch_computes_the_company(self):
        runs = self.env["crm.value.run"].with_context(
            allowed_company_ids=(self.branch + self.company).ids
        )
        run = runs.with_user(self._both()).recompute()
        self.assertEqual(run.company_id, self.company)
        with self.assertRaisesRegex(AccessError, "Choose them at the top right"):
            self._in_branch(self.env["crm.value.run"], self.local_manager).recompute()

    def _both(self):
        """A manager who works in both."""
        self.manager.company_ids += self.branch
        return self.manager

    def test_scheduled_actions(self):
        """A company that sells in a branch only is computed, the branch never."""
        main = self._create_company("Value Test Holding")
        branch = self._create_company("Value Test Only Shop", parent_id=main.id)
        today = main._get_value_today()
        self._buy_many([(self.best, today, 70)], company=branch)
        self.env.flush_all()
        runs = self.env["crm.value.run"]
        due = runs._get_companies_to_compute()
        self.assertIn(main, due)
        self.assertFalse(due & (branch + self.branch + self.shop))
        self._run(today, company=main)
        self.assertEqual(self._profile(self.best, main).revenue_total, 70)
        order = self._buy(self.worst, today, 20, company=branch)
        self.assertTrue(order)
        self.env.flush_all()
        self.env.cr.precommit.run()
        queue = self.env["crm.value.dirty"].search([("partner_id", "=", self.worst.id)])
        self.assertEqual(queue.company_id & (main + branch), main)
        runs._recompute_changes(main, today)
        self.assertEqual(self._profile(self.worst, main).revenue_total, 20)

    # ---------------------------------------------------------------------- tag
    def test_tag_on_the_contact(self):
        """In the branch as in the main company: to read, to find, to group and sort by."""
        partners = self.env["res.partner"].with_company(self.branch)
        best = partners.browse(self.best.id)
        self.assertEqual(best.value_tier_id, self.tier_high)
        self.assertEqual(best.value_profile_id, self._profile(self.best))
        own = [("id", "in", self.customers.ids)]
        high = partners.search([*own, ("value_tier_id", "=", self.tier_high.id)])
        self.assertEqual(high, self.customers[:2])
        groups = partners._read_group(own, ["value_tier_id"], ["__count"])
        self.assertEqual(
            dict(groups), {self.tier_high: 2, self.tier_mid: 4, self.tier_low: 4}
        )
        self.assertEqual(
            partners.search(own, order="value_score desc", limit=1), self.best
        )

    def test_tag_on_documents(self):
        order = self._create_quotation(self.best, 10, company=self.branch)
        self.assertEqual(order.value_tier_id, self.tier_high)
        found = self.env["sale.order"].with_context(allowed_company_ids=self.branch.ids)
        found = found.search([("value_tier_id", "=", self.tier_high.id)])
        self.assertEqual(found, order)
        lead = self.env["crm.lead"].create(
            {
                "name": "Value Test Deal",
                "type": "opportunity",
                "partner_id": self.worst.id,
                "company_id": self.branch.id,
            }
        )
        self.assertEqual(lead.value_tier_id, self.tier_low)
        self._buy(self.worst, self.as_of, 10_000, company=self.shop)
        self._run()
        self.assertEqual(lead.value_tier_id, self.tier_high, "computations follow")

    def test_price_list(self):
        """That of the branch, else that of the main company."""
        usual = self._get_pricelist(self.currency)
        main = usual.copy({"name": "Main", "company_id": self.company.id})
        own = usual.copy({"name": "Branch", "company_id": self.branch.id})
        order = self._create_quotation(self.best, 10, company=self.branch)
        self.assertFalse(order.value_pricelist_id)
        self.tier_high.with_company(self.company).pricelist_id = main
        order.invalidate_recordset()
        self.assertEqual(order.value_pricelist_id, main)
        self.tier_high.with_company(self.branch).pricelist_id = own
        order.invalidate_recordset()
        self.assertEqual(order.value_pricelist_id, own)
        own.active = False
        order.invalidate_recordset()
        self.assertEqual(order.value_pricelist_id, main)

    # ---------------------------------------------------------- people in a branch
    def test_what_a_seller_in_the_branch_sees(self):
        """Tag, card, reasons and list, though the main company is out of reach."""
        seller = self.local_seller
        best = self._in_branch(self.best, seller)
        self.assertEqual(best.value_tier_id, self.tier_high)
        self.assertIn("High", best.value_explanation_html)
        [card] = best.get_value_card()
        self.assertEqual(card["tier"]["name"], "High")
        lead = self.env["crm.lead"].create(
            {"name": "Deal", "partner_id": self.best.id, "company_id": self.branch.id}
        )
        lead = self._in_branch(lead, seller)
        self.assertEqual(lead.value_tier_id, self.tier_high)
        [card] = lead.partner_id.get_value_card(lead.value_company_id.id)
        self.assertEqual(card["tier"]["name"], "High")
        profiles = self._in_branch(self.env["crm.value.profile"], seller)
        self.assertEqual(profiles.search([]).partner_id, self.customers)
        [row] = profiles.search([("partner_id", "=", best.id)]).web_read(
            {
                "display_name": {},
                "company_id": {"fields": {"display_name": {}}},
                "revenue_year": {},
                "run_id": {"fields": {"display_name": {}}},
            }
        )
        self.assertEqual(row["revenue_year"], 1000)
        columns = profiles._get_export_columns()
        values = [get(profiles.search([], limit=1)) for _h, _kind, get in columns]
        self.assertIn(self.company.name, values)

    def test_other_companies_see_nothing(self):
        other = self._create_company("Value Test Other Company")
        other_branch = self._create_company("Value Test Other", parent_id=other.id)
        for company in (other, other_branch):
            user = self._create_user(
                f"value_far_{company.id}",
                "sales_team.group_sale_salesman",
                company_id=company.id,
                company_ids=[Command.set(company.ids)],
            )
            with self.subTest(company=company.name):
                profiles = self.env["crm.value.profile"].with_user(user)
                profiles = profiles.with_context(allowed_company_ids=company.ids)
                self.assertFalse(profiles.search([]))
                best = self.best.with_env(profiles.env)
                self.assertFalse(best.value_tier_id)
                self.assertEqual(best.get_value_card()[0]["profile_id"], False)

    def test_set_by_hand(self):
        """By a manager of both, for the main company; of the branch only, refused."""
        wizards = self.env["crm.value.override.set"]
        vals = {"partner_id": self.worst.id, "tier_id": self.tier_high.id}
        both = wizards.with_user(self._both()).with_context(
            allowed_company_ids=(self.branch + self.company).ids
        )
        both.create({**vals, "reason": "Large group"}).action_set()
        self.assertEqual(self._profile(self.worst).tier_id, self.tier_high)
        override = self._profile(self.worst).override_id
        self.assertEqual(override.company_id, self.company)
        local = self._in_branch(wizards, self.local_manager)
        wizard = local.create({**vals, "reason": "Ours"})
        self.assertEqual(wizard.present_id, override)
        with self.assertRaises(AccessError):
            wizard.action_set()

    def test_settings(self):
        """The branch shows those of its main company; only there they are changed."""
        policies = self.env["crm.value.policy"]
        policy = policies._get_for_company(self.branch, self.as_of)
        self.assertEqual(policy.company_id, self.company)
        settings = self._in_branch(
            self.env["res.config.settings"], self.local_manager
        ).sudo(False)
        values = settings.get_values()
        self.assertEqual(values["crm_value_policy_id"], policy.id)
        self.assertEqual(values["crm_value_timezone"], "Asia/Shanghai")
        today = self.company._get_value_today()
        policy.with_env(settings.env)._revise({"lost_days": policy.lost_days}, today)
        with self.assertRaises(AccessError):
            policy.with_env(settings.env)._revise({"lost_days": 200}, today)
        setup = self._in_branch(self.env["crm.value.setup"], self.local_manager)
        with self.assertRaisesRegex(AccessError, "your own companies only"):
            setup.create({}).action_preview()
