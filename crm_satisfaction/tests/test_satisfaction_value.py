from datetime import time, timedelta

from odoo.exceptions import ValidationError
from odoo.tests import freeze_time, tagged

from .common import SatisfactionCommon

WEIGHTS = {
    "weight_recency": 20,
    "weight_frequency": 20,
    "weight_monetary": 20,
    "weight_variety": 10,
    "weight_satisfaction": 30,
}
UNWEIGHTED = {
    "weight_recency": 30,
    "weight_frequency": 30,
    "weight_monetary": 30,
    "weight_variety": 10,
    "weight_satisfaction": 0,
}


@tagged("post_install", "-at_install")
class TestSatisfactionValue(SatisfactionCommon):
    """Satisfaction as a part of the value score, plugged in through the hooks."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls._ladder()
        cls.happy, cls.angry, cls.silent = cls.customers[:3]
        cls.runs = cls.env["crm.value.run"]

    @classmethod
    def _run(cls, as_of=None):
        """A computation made on the day it is for."""
        with freeze_time(cls._to_utc(as_of or cls.as_of, time(12))):
            return super()._run(as_of)

    def _changes(self):
        """The hourly job, on the day of the computation."""
        self.env.cr.flush()  # the answers are saved, in transactions of their own
        with freeze_time(self._to_utc(self.as_of, time(12))):
            return self.runs._recompute_changes(self.company, self.as_of)

    def _weigh(self):
        self._set_model(**WEIGHTS)

    def _ask_everybody(self):
        """Nine answers, the better the longer ago they bought; the last one is silent."""
        for rung, customer in enumerate(self.customers[:9]):
            self._say(customer, rung, "nps")

    def _queue(self):
        self.env.cr.flush()
        return (
            self.env["crm.value.dirty"]
            .sudo()
            .search([("company_id", "=", self.company.id)])
        )

    def _read(self):
        profiles = self.env["crm.value.profile"].search(
            [("company_id", "=", self.company.id)], order="partner_id"
        )
        names = [
            name
            for name, field in profiles._fields.items()
            if field.store and name not in ("id", "create_date", "write_date")
        ]
        return profiles.read(names, load=None)

    # ---------------------------------------------------------------- no weight
    def test_without_weight_nothing_is_measured(self):
        """The answers are not read; the profile's fields are empty, whatever they were."""
        self._ask_everybody()
        statements = []
        execute = type(self.env.cr).execute

        def spy(cursor, query, *args, **kwargs):
            statements.append(str(getattr(query, "code", query)))
            return execute(cursor, query, *args, **kwargs)

        self.patch(type(self.env.cr), "execute", spy)
        self._run()
        self.assertTrue(any("INTO crm_value_profile" in text for text in statements))
        for table in ("crm_satisfaction_answer", "crm_value_fact_satisfaction"):
            self.assertEqual([text for text in statements if table in text], [])
        profile = self._profile(self.happy)
        self.assertFalse(profile.score_satisfaction)
        self.assertFalse(profile.satisfaction_count)
        self.assertEqual(
            [part["code"] for part in self._parts(self.happy)],
            ["recency", "frequency", "monetary", "variety"],
        )
        self._queue().unlink()
        self._say(self.happy, 5)
        self.assertFalse(self._queue(), "nobody need be computed again")

    # ------------------------------------------------------------------ weighed
    def test_measured(self):
        """The mean of both kinds, of the period, of all contacts of the customer."""
        self._weigh()
        contact = self._create_customer("Buyer", parent_id=self.happy.id)
        self._say(self.happy, 5)  # 100 of 100
        self._say(contact, 5, "nps")  # 50
        self._say(contact, 1, dimension="price")  # a part of an answer, not one
        self._say(contact, 1, day=self.as_of - timedelta(days=365))  # before the period
        self._say(contact, 1, day=self.as_of + timedelta(days=1))  # later
        other = self._create_company("Value Test Other Company")
        self._say(self.happy, 1, company_id=other.id)
        wrong = self._say(self.happy, 1)
        wrong._withdraw("Typing error")
        self._say(self.angry, 2)
        self._run()
        profile = self._profile(self.happy)
        self.assertEqual(profile.satisfaction_mean, 75)
        self.assertEqual(profile.satisfaction_count, 2)
        self.assertGreater(
            profile.score_satisfaction, self._profile(self.angry).score_satisfaction
        )
        self.assertFalse(self._profile(self.silent).score_satisfaction)

    def test_answer_in_a_branch(self):
        """It counts for the main company, with the tier of there."""
        branch = self._create_company("Value Test Branch", parent_id=self.company.id)
        self._run()
        self._weigh()
        answer = self._say(self.happy, 5, company_id=branch.id)
        self.assertEqual(answer.company_id, branch)
        self.assertEqual(answer.tier_id, self._profile(self.happy).tier_id)
        self.assertTrue(answer.tier_id)
        self._run()
        profile = self._profile(self.happy)
        self.assertEqual(profile.satisfaction_count, 1)
        self.assertEqual(profile.last_satisfaction_ids, answer)
        self._queue().unlink()
        self._say(self.silent, 3, company_id=branch.id)
        self.assertEqual(self._queue().partner_id, self.silent)
        # who works in the main company only, reads no answers of the branch
        profile = profile.with_user(self.seller)
        profile.invalidate_recordset()
        self.assertEqual(profile.satisfaction_count, 1)
        self.assertFalse(profile.last_satisfaction_ids)

    def test_first_day_of_the_period(self):
        self._weigh()
        self._say(self.happy, 5, day=self.as_of - timedelta(days=364))
        self._run()
        self.assertEqual(self._profile(self.happy).satisfaction_count, 1)

    def test_whole_history(self):
        self._weigh()
        self._set_model(window_days=0)
        self._say(self.happy, 5, day=self.as_of - timedelta(days=3000))
        self._run()
        self.assertEqual(self._profile(self.happy).satisfaction_count, 1)
        *_others, part = self._parts(self.happy)
        self.assertEqual(part["measure"], "100 of 100, answers in all: 1")

    def test_silent_are_judged_by_the_rest(self):
        """Who was not asked has the score that he has without the dimension."""
        self._run()
        before = self._profile(self.silent).value_score
        self._set_model(**{**UNWEIGHTED, **self._scaled()})
        for customer in self.customers - self.silent:
            self._say(customer, 3)
        self._run()
        profile = self._profile(self.silent)
        self.assertFalse(profile.score_satisfaction)
        self.assertEqual(profile.value_score, before)

    def _scaled(self):
        """The other weights in the proportion that they have without it."""
        return {
            "weight_recency": 15,
            "weight_frequency": 15,
            "weight_monetary": 15,
            "weight_variety": 5,
            "weight_satisfaction": 50,
        }

    def test_better_answers_never_cost(self):
        """Raising one customer's answer alone raises or keeps that customer's score."""
        self._weigh()
        self._ask_everybody()
        scores = []
        for number in (1, 3, 5):
            with self.env.cr.savepoint() as savepoint:
                self._say_all(self.happy, [number] * 4)
                self._run()
                scores.append(self._profile(self.happy).value_score)
                savepoint.rollback()
            self.env.invalidate_all()
        self.assertEqual(scores, sorted(scores))
        self.assertLess(scores[0], scores[-1])

    def test_explained(self):
        self._weigh()
        self._ask_everybody()
        self._say(self.customers[5], 9, "nps")
        self._run()
        *_others, part = self._parts(self.customers[5])
        self.assertEqual(part["label"], "Satisfaction")
        self.assertEqual(part["measure"], "70 of 100, answers in 365 days: 2")
        self.assertEqual(part["weight"], "30")
        self.assertTrue(part["points"])
        self.assertIn("more satisfied than about", part["comparison"])
        *_others, part = self._parts(self.customers[9])
        self.assertIn("no answers", part["measure"])
        self.assertIsNone(part["points"])

    def test_weight_taken_away(self):
        """The profile forgets what no longer counts."""
        self._weigh()
        self._ask_everybody()
        self._run()
        profile = self._profile(self.happy)
        self.assertTrue(profile.score_satisfaction)
        self._set_model(**UNWEIGHTED)
        self._run()
        self.assertFalse(profile.score_satisfaction)
        self.assertFalse(profile.satisfaction_count)
        self.assertEqual(self._run().written_count, 0)

    def test_weights_sum_to_100_with_it(self):
        with self.assertRaisesRegex(ValidationError, "they sum to 130 %.*Satisfaction"):
            self._set_model(weight_satisfaction=30)

    def test_preview_and_accuracy(self):
        """Set-up preview and accuracy check weigh it, too, and write nothing."""
        self._ask_everybody()
        self._weigh()
        model = self.env["crm.value.policy"]._get_for_company(self.company, self.as_of)
        engine = self.env["crm.value.engine"]
        preview = engine._preview(self.company, model, self.as_of)
        early = self.as_of - timedelta(days=100)
        self.assertTrue(
            engine._check_holdout(self.company, model, early, self.as_of)["customers"]
        )
        self.assertFalse(self._profile(self.happy))
        run = self._run()
        self.assertEqual(
            {str(t["tier_id"] or 0): t["customers"] for t in preview["tiers"]}
            | {"0": 0},
            {tier: count["customers"] for tier, count in run.counts["tiers"].items()}
            | {"0": 0},
        )

    # -------------------------------------------------------------- incremental
    def test_answers_are_queued(self):
        """Recorded, entered, withdrawn and erased answers change the score soon."""
        self._weigh()
        self._run()
        self._queue().unlink()
        contact = self._create_customer("Buyer", parent_id=self.happy.id)
        self._queue().unlink()
        answer = self._say(contact, 5)
        self.assertEqual(self._queue().partner_id, contact)
        for change in (
            lambda: answer._withdraw("Typing error"),
            lambda: self.answers.create({"partner_id": contact.id, "answer": 1}),
            lambda: self._say(contact, 4).action_erase(),
        ):
            self._queue().unlink()
            change()
            self.assertIn(contact, self._queue().partner_id)

    def test_changes_are_what_all_would_be(self):
        """Byte for byte, as with orders."""
        self._population(60)
        self._weigh()
        self._ask_everybody()
        self._run()
        self._queue().unlink()
        self._say(self.happy, 5)
        self._say(self.customers[9], 1)
        self._buy(self.customers[4], self.as_of, 333)
        base = self.runs._get_base(self.company)
        with self.env.cr.savepoint() as savepoint:
            run = self._changes()
            self.assertEqual((run.kind, run.written_count), ("changes", 3))
            transitions = run.transition_count
            some = self._read()
            savepoint.rollback()
        self.env.invalidate_all()
        model = self.env["crm.value.policy"]._get_for_company(self.company, self.as_of)
        run = self.runs._execute(self.company, model, self.as_of, base=base)
        self.assertEqual(run.written_count, 3)
        self.assertEqual(run.transition_count, transitions)
        self.assertEqual(self._read(), some)

    def test_contact_moves(self):
        """The answers of a contact count for the company it belongs to now."""
        self._weigh()
        contact = self._create_customer("Buyer", parent_id=self.happy.id)
        self._say(contact, 5)
        self._run()
        self.assertEqual(self._profile(self.happy).satisfaction_count, 1)
        self._queue().unlink()
        contact.parent_id = self.angry
        self._changes()
        self.assertEqual(self._profile(self.happy).satisfaction_count, 0)
        self.assertEqual(self._profile(self.angry).satisfaction_count, 1)

    def test_merged(self):
        self._weigh()
        self._say(self.happy, 5)
        self._say(self.angry, 1)
        self._run()
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._merge((self.happy | self.angry).ids, self.happy)
        self._changes()
        profile = self._profile(self.happy)
        self.assertEqual(
            (profile.satisfaction_count, profile.satisfaction_mean), (2, 50)
        )

    def test_archived(self):
        """An archived customer keeps the answers for the day he returns."""
        self._weigh()
        self._say(self.happy, 5)
        self._run()
        self.happy.active = False
        self._run()
        self.happy.active = True
        self._run()
        self.assertEqual(self._profile(self.happy).satisfaction_count, 1)

    # ------------------------------------------------------------------ the card
    def test_card(self):
        self._run()
        contact = self._create_customer("Buyer", parent_id=self.happy.id)
        self._say(self.happy, 1, day=self.as_of - timedelta(days=9))
        self._say(contact, 4, day=self.as_of - timedelta(days=2))
        self._say(contact, 2, day=self.as_of - timedelta(days=2), dimension="price")
        self._say(self.happy, 9, "nps", day=self.as_of - timedelta(days=5))
        self._say(self.happy, 1, "nps")._withdraw("Typing error")
        cards = (self.happy | self.angry).with_user(self.seller).get_value_card()
        shown = [
            {figure["label"]: figure["value"] for figure in card["figures"]}
            for card in cards
        ]
        self.assertEqual(shown[0]["CSAT"], "4 of 5 (06/28/2026)")
        self.assertEqual(shown[0]["NPS"], "9 of 10 (06/25/2026)")
        self.assertNotIn("CSAT", shown[1])

    def test_cost_of_the_card(self):
        """Answers of ten customers take as many queries as those of one."""
        self._run()

        for customer in self.customers:
            self._say(customer, 4)
        profiles = self._profile(self.happy).browse(
            self._profile(customer).id for customer in self.customers
        )
        self._count_answers(profiles)
        few = self._count_answers(profiles[:1])
        self.assertLessEqual(self._count_answers(profiles), few)

    def _count_answers(self, profiles):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        for profile in profiles.with_user(self.seller):
            self.assertEqual(profile.last_satisfaction_ids.answer, 4)
        return self.cr.sql_log_count - before

    def test_contact_opens_answers(self):
        contact = self._create_customer("Buyer", parent_id=self.happy.id)
        mine = self._say(contact, 4) | self._say(self.happy, 4)
        self._say(self.angry, 4)
        action = contact.with_user(self.seller).action_open_satisfaction()
        self.assertEqual(self.answers.search(action["domain"]), mine)
