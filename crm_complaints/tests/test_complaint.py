from datetime import datetime, timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import ComplaintCommon


@tagged("post_install", "-at_install")
class TestComplaint(ComplaintCommon):
    def test_numbers_per_company(self):
        other = self._create_company("Complaint Test Other")
        first, second = self._create_complaint(), self._create_complaint()
        team = self.env["crm.complaint.team"].search([("company_id", "=", other.id)])
        foreign = self.env["crm.complaint"].create(
            {"name": "x", "company_id": other.id, "team_id": team.id}
        )
        self.assertEqual(
            int(second.reference[2:]), int(first.reference[2:]) + 1, "one after another"
        )
        self.assertEqual(foreign.reference, "CR00001", "its own numbers")
        self.assertEqual(first.display_name, f"[{first.reference}] {first.name}")

    def test_a_new_company_can_begin(self):
        company = self._create_company("Complaint Test Begin")
        team = self.env["crm.complaint.team"].search([("company_id", "=", company.id)])
        self.assertEqual(len(team), 1)
        policies = self.env["crm.complaint.sla.policy"].search(
            [("company_id", "=", company.id)]
        )
        self.assertEqual(len(policies), 3)
        self.assertEqual(
            policies.mapped("target_ids")
            .filtered(lambda one: one.kind == "first_response")
            .mapped("amount"),
            [1, 4, 8],
        )
        self.env["res.company"]._create_all_complaint_defaults()
        teams = self.env["crm.complaint.team"].search([("company_id", "=", company.id)])
        self.assertEqual(teams, team, "once")

    def test_a_company_goes_with_its_addresses(self):
        """No address of a team that is gone: it would stop a new mail domain."""
        company = self.env["res.company"].create({"name": "Complaint Test Closed"})
        team = self.env["crm.complaint.team"].search([("company_id", "=", company.id)])
        alias = team.alias_id
        numbers = self.env["ir.sequence"].search(
            [("code", "=", "crm.complaint"), ("company_id", "=", company.id)]
        )
        self.assertTrue(alias)
        self.assertEqual(len(numbers), 1)
        company.unlink()
        self.assertFalse(team.exists())
        self.assertFalse(alias.exists())
        self.assertFalse(numbers.exists())
        self.env["mail.alias.domain"].create({"name": "closed.test"})

    def test_value_of_the_day_it_came(self):
        profile = self.env["crm.value.profile"].create(
            {
                "company_id": self.company.id,
                "partner_id": self.customer.id,
                "tier_id": self.tier_high.id,
                "revenue_year": 12345,
            }
        )
        contact = self._create_customer("A contact", parent_id=self.customer.id)
        complaint = self._create_complaint(partner_id=contact.id)
        profile.write({"tier_id": self.tier_low.id, "revenue_year": 1})
        self.assertEqual(complaint.tier_id, self.tier_high)
        self.assertEqual(complaint.revenue_at_risk, 12345)
        self.assertEqual(complaint.commercial_partner_id, self.customer)
        complaint.partner_id = self._create_customer("Unknown")
        self.assertFalse(complaint.tier_id, "another customer, another value")

    def test_received_before_it_was_typed(self):
        yesterday = datetime.now().replace(microsecond=0) - timedelta(days=1)
        complaint = self._create_complaint(received_at=yesterday)
        self.assertEqual(
            complaint.clock_ids.mapped("started_at"),
            [yesterday] * len(complaint.clock_ids),
        )
        with self.assertRaisesRegex(ValidationError, "future"):
            self._create_complaint(received_at=datetime.now() + timedelta(days=1))

    def test_customer_follows_their_request(self):
        other = self._create_customer("Another", email="another@example.com")
        complaint = self._create_complaint()
        self.assertIn(self.customer, complaint.message_partner_ids)
        complaint.partner_id = other
        self.assertEqual(complaint.message_partner_ids & (other | self.customer), other)

    def test_relabelling_is_logged(self):
        complaint = (
            self.env["crm.complaint"]
            .with_context(tracking_disable=False, mail_notrack=False)
            .browse(self._create_complaint().ids)
        )
        self.flush_tracking_of(complaint)
        complaint.type = "question"
        self.flush_tracking_of(complaint)
        values = complaint.message_ids.sudo().tracking_value_ids
        self.assertIn("type", values.field_id.mapped("name"))

    def flush_tracking_of(self, complaint):
        self.env.flush_all()
        self.env.cr.flush()

    def test_product_of_the_order_line(self):
        order = self._create_quotation(self.customer, 100)
        with Form(self.env["crm.complaint"].with_user(self.agent)) as form:
            form.name = "Broken"
            form.partner_id = self.customer
            form.order_id = order
            form.order_line_id = order.order_line
        complaint = form.record
        self.assertEqual(complaint.product_id, self.product)
        self.assertEqual(complaint.team_id, self.team, "the agent's own")
        self.assertEqual(complaint.company_id, self.company)

    def test_responsible_works_in_the_company(self):
        other = self._create_company("Complaint Test Elsewhere")
        stranger = self._create_user(
            "stranger",
            "crm_complaints.group_complaint_agent",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        with self.assertRaisesRegex(ValidationError, "does not work in"):
            self._create_complaint(user_id=stranger.id)

    def test_causes_of_the_documents(self):
        causes = self.env["crm.complaint.cause"].search([("parent_id", "=", False)])
        data = self.env["ir.model.data"].search(
            [("module", "=", "crm_complaints"), ("model", "=", "crm.complaint.cause")]
        )
        shipped = self.env["crm.complaint.cause"].browse(data.mapped("res_id"))
        self.assertEqual(len(shipped & causes), 5)
        self.assertEqual(len(shipped - causes), 9)
        complaint = self._create_complaint(cause_id=self.cause.id)
        self.assertEqual(complaint.main_cause_id, self.cause.parent_id)
        with self.assertRaisesRegex(ValidationError, "no sub-causes"):
            self.env["crm.complaint.cause"].create(
                {"name": "Third level", "parent_id": self.cause.id}
            )

    def test_similar(self):
        first = self._create_complaint(product_id=self.product.id)
        self._create_complaint(name="Invoice is wrong", product_id=False)
        words = self._create_complaint(name="the lamp flickers!")
        self._create_complaint(partner_id=self._create_customer("Else").id)
        again = self._create_complaint(name="No light", product_id=self.product.id)
        self.assertEqual(again.similar_ids, first, "the same product")
        self.assertEqual(words.similar_ids, first, "the same words")

    def test_requests_are_kept(self):
        complaint = self._create_complaint()
        with self.assertRaisesRegex(UserError, "are kept"):
            complaint.with_user(self.quality).unlink()
        with self.assertRaises(AccessError):
            complaint.with_user(self.agent).unlink()
        complaint.with_user(self.leader)._exclude("mistaken", note="A wrong number")
        complaint.with_user(self.quality).unlink()
        self.assertFalse(complaint.exists())

    # -------------------------------------------------------------------- queue
    def test_queue_order(self):
        """Due first, then the better tier, then older."""
        names = {}
        now = datetime.now().replace(microsecond=0)
        for name, hours, tier in (
            ("third", 5, self.tier_low),
            ("second", 5, self.tier_high),
            ("first", 1, self.tier_low),
            ("none", None, self.tier_high),
        ):
            complaint = self._create_complaint(name=name)
            complaint.tier_id = tier
            names[name] = complaint
            due = hours and now + timedelta(hours=hours)
            complaint.deadline = due
        found = self.env["crm.complaint"].search(
            [("id", "in", [one.id for one in names.values()])]
        )
        self.assertEqual(found.mapped("name"), ["first", "second", "third", "none"])

    def test_take_next(self):
        second = self._create_complaint(name="second")
        first = self._create_complaint(name="first")
        second.deadline, first.deadline = "2030-01-02", "2030-01-01"
        other = self.env["crm.complaint.team"].create(
            {"name": "Other", "company_id": self.company.id}
        )
        self._create_complaint(team_id=other.id, received_at="2020-01-01")
        complaints = self.env["crm.complaint"].with_user(self.agent)
        self.assertEqual(complaints.action_take_next()["res_id"], first.id)
        self.assertEqual(first.user_id, self.agent)
        self.assertEqual(complaints.action_take_next()["res_id"], second.id)
        action = complaints.action_take_next()
        self.assertEqual(action["tag"], "display_notification", "nothing is left")
        with self.assertRaises(AccessError):
            complaints.with_user(self.reader).action_take_next()

    def test_buttons(self):
        order = self._create_quotation(self.customer, 100)
        lead = self.env["crm.lead"].create(
            {"name": "More lamps", "partner_id": self.customer.id}
        )
        self._create_complaint(order_id=order.id, lead_id=lead.id)
        for record in (self.customer, order, lead):
            record = record.with_user(self.agent).sudo(False)
            with self.subTest(model=record._name):
                self.assertEqual(record.sudo().complaint_count, 1)
                action = record.sudo().action_open_complaints()
                found = self.env["crm.complaint"].search(action["domain"])
                self.assertEqual(len(found), 1)
                self.assertEqual(
                    action["context"]["default_partner_id"], self.customer.id
                )
