from datetime import datetime, time, timedelta

from odoo.fields import Command
from odoo.tests import HttpCase, tagged
from odoo.tools import format_date

from .common import RetentionCommon


@tagged("post_install", "-at_install")
class TestValueContact(RetentionCommon):
    """Customers hear from us as often as their tier asks for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write(
            {
                "crm_value_save": False,
                "crm_value_winback": False,
                "crm_value_contact": True,
            }
        )
        cls.tier_high.write(
            {
                "contact_days": 30,
                "contact_activity_type_id": False,
                "contact_plan_id": False,
            }
        )
        cls.tier_mid.contact_days = cls.tier_low.contact_days = 0
        cls.best, cls.second = cls.customers[:2]
        cls.high = cls.env["crm.value.profile"].search(
            [("company_id", "=", cls.company.id), ("tier_id", "=", cls.tier_high.id)]
        )
        cls._age(40)

    @classmethod
    def _age(cls, days):
        """As if the customers had been known for so long."""
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE crm_value_profile SET create_date = %s WHERE company_id = %s",
            [cls.today - timedelta(days=days), cls.company.id],
        )
        cls.env.invalidate_all()

    def _noon(self, days):
        """Noon of the company's local day, ``days`` ago, as stored."""
        return self._to_utc(self.today - timedelta(days=days), time(12))

    def _update(self):
        profiles = self.env["crm.value.profile"]
        return profiles._update_contacts(self.company, self.today)

    def _assert_last(self, days):
        self._update()
        self.assertEqual(
            self._profile(self.best).last_contact_date,
            self.today - timedelta(days=days),
        )

    def test_dates(self):
        """Without a contact the days count from when the customer became known."""
        self.assertEqual(self._update(), len(self.high))
        self.assertEqual(
            set(self.high.mapped("next_contact_date")),
            {self.today - timedelta(days=10)},
        )
        self.assertFalse(self._profile(self.customers[9]).next_contact_date)
        self.assertEqual(self._update(), 0)
        self.tier_high.contact_days = 0
        self.assertEqual(self._update(), len(self.high))
        self.assertFalse(any(self.high.mapped("next_contact_date")))

    def test_on_the_card(self):
        self._profile(self.best).next_contact_date = self.as_of
        [card] = self.best.with_user(self.seller).get_value_card()
        figure = card["figures"][-1]
        self.assertEqual(figure["name"], "next_contact_date")
        self.assertEqual(figure["value"], format_date(self.env, self.as_of))

    def test_what_is_a_contact(self):
        """Each later than the one before, on the customer, a contact, a lead, an order."""
        contact = self._create_customer(parent_id=self.best.id)
        meeting = self.env["calendar.event"].create(
            {
                "name": "Value Test Visit",
                "start": self._noon(20),
                "stop": self._noon(20) + timedelta(hours=1),
                "partner_ids": contact.ids,
            }
        )
        self.assertTrue(meeting.active)
        self._assert_last(20)
        activity = contact.activity_schedule(
            "mail.mail_activity_data_call", user_id=self.seller.id
        )
        self._update()
        self._assert_last(20)
        activity.action_done()
        activity.date_done = self.today - timedelta(days=15)
        self._assert_last(15)
        lead = self.env["crm.lead"].create(
            {"name": "Deal", "partner_id": contact.id, "company_id": self.company.id}
        )
        order = self.env["sale.order"].search(
            [("partner_id", "=", self.best.id)], limit=1
        )
        for record, days in ((self.best, 12), (lead, 11), (order, 10)):
            message = record.message_post(
                body="Hello", message_type="comment", subtype_xmlid="mail.mt_comment"
            )
            message.date = self._noon(days)
            self._assert_last(days)
        note = self.best.message_post(body="Said nothing", subtype_xmlid="mail.mt_note")
        note.date = self._noon(1)
        self.env["calendar.event"].create(
            {
                "name": "Value Test Plan",
                "start": datetime.combine(self.today + timedelta(days=5), time(12)),
                "stop": datetime.combine(self.today + timedelta(days=5), time(13)),
                "partner_ids": contact.ids,
            }
        )
        self._assert_last(10)

    def test_declined_meeting(self):
        """Without the customer it was none; another of their people may have come."""
        contact = self._create_customer(parent_id=self.best.id)
        meeting = self.env["calendar.event"].create(
            {
                "name": "Value Test Visit",
                "start": self._noon(3),
                "stop": self._noon(3) + timedelta(hours=1),
                "partner_ids": (self.best + contact + self.seller.partner_id).ids,
            }
        )
        answers = {answer.partner_id: answer for answer in meeting.attendee_ids}
        self._assert_last(3)
        answers[self.best].do_decline()
        self._assert_last(3)
        answers[contact].do_decline()
        self._update()
        self.assertFalse(self._profile(self.best).last_contact_date)
        answers[contact].do_tentative()
        self._assert_last(3)

    def test_done_late_in_the_day(self):
        """Odoo keeps the UTC day on which an activity was done; the company's counts."""
        activity = self.best.activity_schedule(
            "mail.mail_activity_data_call", user_id=self.seller.id
        )
        activity.action_done()
        utc_day = self.today - timedelta(days=5)
        for hour, changed_later, local_day in (
            (15, 0, utc_day),
            (16, 0, utc_day + timedelta(days=1)),
            (16, 2, utc_day),
        ):
            with self.subTest(hour=hour, changed_later=changed_later):
                written = datetime.combine(utc_day, time(hour))
                self.env.flush_all()
                self.env.cr.execute(
                    "UPDATE mail_activity SET date_done = %s, write_date = %s"
                    " WHERE id = %s",
                    [utc_day, written + timedelta(days=changed_later), activity.id],
                )
                self.env.invalidate_all()
                self._update()
                self.assertEqual(self._profile(self.best).last_contact_date, local_day)

    def test_due(self):
        """One activity per due date, until somebody is in touch; counted beforehand."""
        self.assertEqual(
            self.actions._preview(self.company),
            {"contact": {"today": len(self.high), "waiting": 0, "nobody": 0}},
        )
        actions = self._schedule()
        self.assertEqual(set(actions.partner_id), set(self.high.partner_id))
        self.assertEqual(set(actions.mapped("kind")), {"contact"})
        action = actions.filtered(lambda a: a.partner_id == self.best)
        self.assertRecordValues(
            action.activity_id,
            [
                {
                    "activity_type_id": self.env.ref(
                        "crm_value_retention.mail_activity_type_contact"
                    ).id,
                    "user_id": self.seller.id,
                    "res_id": self.best.id,
                    "date_deadline": self.today + timedelta(days=3),
                }
            ],
        )
        self.assertFalse(self._schedule())
        self._pass_days(actions, 29)
        self.assertFalse(self._schedule())
        self.assertEqual(set(actions.mapped("outcome")), {"open"})
        action.activity_id.action_done()
        self._pass_days(actions, 1)
        self._schedule()
        self.assertRecordValues(
            action, [{"outcome": "contacted", "outcome_date": self.today}]
        )
        self.assertEqual(set((actions - action).mapped("outcome")), {"missed"})
        self.assertEqual(
            self._profile(self.best).next_contact_date, self.today + timedelta(days=30)
        )

    def test_kind_and_plan(self):
        call = self.env.ref("mail.mail_activity_data_call")
        self.tier_high.contact_activity_type_id = call
        self.company.crm_value_outreach_limit = 1
        first = self._schedule()
        self.assertEqual(first.activity_id.activity_type_id, call)
        self._pass_days(first, 1)
        self.tier_high.contact_plan_id = self.env["mail.activity.plan"].create(
            {
                "name": "Value Test Plan",
                "res_model": "res.partner",
                "company_id": False,
                "template_ids": [
                    (0, 0, {"activity_type_id": call.id, "summary": "Ask"}),
                    (
                        0,
                        0,
                        {
                            "activity_type_id": call.id,
                            "summary": "Follow up",
                            "delay_count": 2,
                            "delay_unit": "weeks",
                            "delay_from": "after_plan_date",
                            "responsible_type": "other",
                            "responsible_id": self.manager.id,
                        },
                    ),
                ],
            }
        )
        second = self._schedule()
        self.assertRecordValues(
            second.partner_id.activity_ids.sorted("date_deadline"),
            [
                {
                    "summary": "Ask",
                    "date_deadline": self.today,
                    "user_id": self.seller.id,
                },
                {
                    "summary": "Follow up",
                    "date_deadline": self.today + timedelta(days=14),
                    "user_id": self.manager.id,
                },
            ],
        )

    def test_archived_kind_and_plan(self):
        """What is archived was not meant to be used any more."""
        call = self.env["mail.activity.type"].create({"name": "Value Test Call"})
        gone = self._create_user("value_gone", "sales_team.group_sale_salesman")
        plan = self.env["mail.activity.plan"].create(
            {
                "name": "Value Test Plan",
                "res_model": "res.partner",
                "company_id": False,
                "template_ids": [
                    Command.create(
                        {
                            "activity_type_id": call.id,
                            "summary": "Ask",
                            "responsible_type": "other",
                            "responsible_id": gone.id,
                        }
                    )
                ],
            }
        )
        self.tier_high.write(
            {"contact_plan_id": plan.id, "contact_activity_type_id": call.id}
        )
        call.active = gone.active = False
        self.company.crm_value_outreach_limit = 1
        todo = self.env.ref("mail.mail_activity_data_todo")
        first = self._schedule()
        self.assertRecordValues(
            first.activity_id,
            [
                {
                    "activity_type_id": todo.id,
                    "summary": "Ask",
                    "user_id": self.seller.id,
                }
            ],
        )
        self._pass_days(first, 1)
        plan.active = False
        second = self._schedule()
        contact = self.env.ref("crm_value_retention.mail_activity_type_contact")
        self.assertEqual(second.activity_id.activity_type_id, contact)

    def test_companies(self):
        """Each has its own switch, dates and people; the customer is the same."""
        other = self._mirror_company(self.second, self.customers[9])
        colleague = self._create_user(
            "value_colleague",
            "sales_team.group_sale_salesman",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        other.crm_value_outreach_user_id = colleague
        lead = self.env["crm.lead"].create(
            {"name": "Deal", "partner_id": self.second.id, "company_id": other.id}
        )
        message = lead.message_post(
            body="Hello", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        message.date = self._noon(5)
        self.assertEqual(set(self._schedule().partner_id), set(self.high.partner_id))
        self.assertFalse(self._schedule(other), "not switched on")
        self.assertFalse(self._profile(self.second).last_contact_date)
        other.crm_value_contact = True
        self.assertFalse(self._schedule(other), "spoken to five days ago")
        self.assertEqual(
            self._profile(self.second, other).next_contact_date,
            self.today + timedelta(days=25),
        )
        message.date = self._noon(35)
        self.assertRecordValues(
            self._schedule(other),
            [
                {
                    "partner_id": self.second.id,
                    "company_id": other.id,
                    "user_id": colleague.id,
                    "kind": "contact",
                }
            ],
        )
        self.assertFalse(self._schedule() + self._schedule(other))

    def test_off(self):
        self.company.crm_value_contact = False
        self._update()
        self.assertFalse(self._schedule())


@tagged("post_install", "-at_install")
class TestValueContactTour(RetentionCommon, HttpCase):
    """From the list of who is due to the next date."""

    def test_contact_due(self):
        self.company.write({"crm_value_save": False, "crm_value_winback": False})
        self.company.crm_value_contact = True
        self.tier_high.write(
            {
                "contact_days": 30,
                "contact_activity_type_id": False,
                "contact_plan_id": False,
            }
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_value_profile SET create_date = %s WHERE company_id = %s",
            [self.today - timedelta(days=40), self.company.id],
        )
        self.env.invalidate_all()
        best = self.customers[0]
        action = self._schedule().filtered(lambda one: one.partner_id == best)
        self.assertEqual(action.user_id, self.seller)
        self.start_tour("/odoo", "crm_value_contact_due", login="value_seller")
        self.actions._update_contact_outcomes(self.company, self.today)
        self.assertEqual(action.outcome, "contacted")
        self.assertEqual(
            self._profile(best).next_contact_date, self.today + timedelta(days=30)
        )
