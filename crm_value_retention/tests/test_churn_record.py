from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, HttpCase, tagged

from .common import RetentionCommon


@tagged("post_install", "-at_install")
class TestChurnRecord(RetentionCommon):
    """Why they left is recorded once, and settles what was open."""

    def _record(self, partner, reason="price", **vals):
        reason = self.env.ref(f"crm_value_retention.crm_churn_reason_{reason}")
        action = partner.with_user(self.seller).action_record_churn()
        losses = self.env["crm.churn.record"].with_user(self.seller)
        with Form(losses.with_context(**action["context"])) as form:
            form.reason_id = reason
            for name, value in vals.items():
                form[name] = value
        return form.record

    def test_record(self):
        contact = self._create_customer(parent_id=self.at_risk[0].id)
        profile = self._profile(self.at_risk[0])
        actions = self._schedule()
        action = actions.filtered(lambda a: a.partner_id == self.at_risk[0])
        activity = action.activity_id
        loss = self._record(contact, note="A tenth cheaper elsewhere")
        self.assertRecordValues(
            loss,
            [
                {
                    "partner_id": self.at_risk[0].id,
                    "company_id": self.company.id,
                    "user_id": self.seller.id,
                    "owner_id": self.seller.id,
                    "date": self.today,
                    "tier_id": profile.tier_id.id,
                    "clv_predictive": profile.clv_predictive,
                    "revenue_total": profile.revenue_total,
                }
            ],
        )
        self.assertRecordValues(
            action, [{"outcome": "left", "outcome_date": self.today}]
        )
        self.assertFalse(activity.active)
        self.assertEqual(activity.feedback, "Price", "the note is not for everybody")
        self.assertEqual((actions - action).mapped("outcome"), ["open"] * 4)

    def test_reason_stays(self):
        """One that was given is archived; another one can be deleted."""
        self._record(self.at_risk[0])
        # all companies share the reasons
        admin = self._create_user(
            "churn_reasons",
            "base.group_system,crm_value_tiering.group_value_manager",
        )
        reasons = self.env["crm.churn.reason"].with_user(admin)
        unused = reasons.create({"name": "Value Test Reason"})
        given = self.env.ref("crm_value_retention.crm_churn_reason_price")
        with self.assertRaisesRegex(
            UserError, "Price cannot be deleted.*“Churn Record”.*Archive it instead"
        ):
            given.with_user(admin).unlink()
        unused.unlink()
        self.assertFalse(unused.exists())

    def test_several_at_once(self):
        """Each settles the actions of its own customer; others stay open."""
        actions = self._schedule()
        losses = self._create_losses(self.at_risk[:2])
        self.assertEqual(
            actions.filtered(lambda a: a.outcome == "left").partner_id,
            losses.partner_id,
        )
        self.assertFalse(
            actions.filtered(lambda a: a.outcome == "left").activity_id.filtered(
                "active"
            )
        )

    def test_queries_do_not_grow(self):
        """An import of many losses looks for open actions once."""

        def count(customers):
            self.env.invalidate_all()
            with self.cr.savepoint() as savepoint:  # a loss is recorded once
                before = self.cr.sql_log_count
                self._create_losses(customers)
                self.env.flush_all()
                queries = self.cr.sql_log_count - before
                savepoint.rollback()
            return queries

        count(self.customers[:1])
        self.assertEqual(count(self.customers[:6]), count(self.customers[:2]))

    def _create_losses(self, customers):
        reason = self.env.ref("crm_value_retention.crm_churn_reason_price")
        return self.env["crm.churn.record"].create(
            [
                {"partner_id": customer.id, "reason_id": reason.id}
                for customer in customers
            ]
        )

    def test_nobody_is_asked_again(self):
        """Until the customer buys and falls silent again."""
        self._record(self.at_risk[0])
        self._record(self.lost, "closed")
        self.assertEqual(self._schedule().partner_id, self.at_risk[1:])

    def test_value_is_not_typed_in(self):
        losses = self.env["crm.churn.record"].with_user(self.seller)
        loss = losses.create(
            {
                "partner_id": self._create_customer().id,
                "reason_id": self.env.ref(
                    "crm_value_retention.crm_churn_reason_price"
                ).id,
                "clv_predictive": 9999,
                "tier_id": self.tier_high.id,
                "user_id": self.manager.id,
            }
        )
        self.assertRecordValues(
            loss,
            [{"clv_predictive": 0, "tier_id": False, "user_id": self.seller.id}],
        )

    def test_stays(self):
        loss = self._record(self.at_risk[0])
        for user in (self.seller, self.manager):
            with self.assertRaises(AccessError):
                loss.with_user(user).write({"note": "Forget it"})
            with self.assertRaises(AccessError):
                loss.with_user(user).unlink()

    def test_analysis(self):
        self._record(self.at_risk[0], "price")
        self._record(self.at_risk[1], "price")
        self._record(self.lost, "closed")
        groups = (
            self.env["crm.churn.record"]
            .with_user(self.seller)
            ._read_group(
                [("company_id", "=", self.company.id)],
                ["reason_id"],
                ["__count", "revenue_total:sum"],
            )
        )
        self.assertEqual(
            [(reason.name, count, total) for reason, count, total in groups],
            [("Price", 2, 460 + 370), ("Moved or closed", 1, 300)],
        )

    def test_other_companies_stay_closed(self):
        self._record(self.at_risk[0])
        self._schedule()
        other = self._create_company("Value Test Other Company")
        foreigner = self._create_user(
            "value_foreigner",
            "sales_team.group_sale_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        for model in ("crm.churn.record", "crm.value.outreach"):
            domain = [("company_id", "=", self.company.id)]
            self.assertTrue(self.env[model].with_user(self.seller).search(domain))
            records = self.env(
                user=foreigner, context={"allowed_company_ids": other.ids}
            )[model]
            self.assertFalse(records.search(domain))

    def test_buttons(self):
        for user, shown in ((self.seller, True), (self.outsider, False)):
            partners = self.env["res.partner"].with_user(user)
            view = partners.get_views([(False, "form")])["views"]["form"]
            self.assertEqual("action_record_churn" in view["arch"], shown)


@tagged("post_install", "-at_install")
class TestChurnRecordUi(RetentionCommon, HttpCase):
    def test_record(self):
        self._schedule()
        self.start_tour("/odoo", "crm_churn_record", login="value_seller")
        loss = self.env["crm.churn.record"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertRecordValues(
            loss,
            [
                {
                    "partner_id": self.lost.id,
                    "note": "They sell it themselves now",
                    "user_id": self.seller.id,
                }
            ],
        )
        action = self.actions.search([("partner_id", "=", self.lost.id)])
        self.assertEqual(action.outcome, "left")
        self.assertFalse(action.activity_id.active)
