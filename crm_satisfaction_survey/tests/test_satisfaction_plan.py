from datetime import date, datetime, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.crm_metric.tests.common import MetricCommon

NOW = datetime(2026, 6, 30, 4)  # the last day of the month, noon in Shanghai


@tagged("post_install", "-at_install")
class TestSatisfactionPlan(MetricCommon):
    """Who is asked, what their answers become, and what is said of them (E1, E2)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.survey = cls.env.ref("crm_satisfaction_survey.survey_relationship")
        cls.plan = cls.env["crm.satisfaction.plan"].create(
            {
                "name": "Twice a Year",
                "company_id": cls.company.id,
                "is_running": True,
                "per_month": 6,
            }
        )

    def setUp(self):
        super().setUp()
        clock = freeze_time(NOW)
        clock.start()
        self.addCleanup(clock.stop)

    def _profile(self, tier, count=1, days=30, **vals):
        """Customers of a tier who bought some days ago, with an address."""
        partners = self.env["res.partner"]
        for _number in range(count):
            partner = self._create_customer(**vals)
            if "email" not in vals:
                partner.email = f"customer{partner.id}@example.com"
            partners |= partner
        self.env["crm.value.profile"].sudo().create(
            [
                {
                    "partner_id": partner.id,
                    "company_id": self.company.id,
                    "tier_id": tier.id,
                    "last_purchase": NOW.date() - timedelta(days=days),
                }
                for partner in partners
            ]
        )
        return partners

    def _ask(self, at=NOW):
        with freeze_time(at):
            asked = self.env["crm.satisfaction.plan"]._ask_company(self.company)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE survey_user_input SET create_date = %s WHERE id = ANY(%s)",
            [at, asked.ids],
        )
        self.env.invalidate_all()
        return asked

    def _answer(self, asked, **answers):
        """As the page of the survey does; by the last word of each question's id."""
        for name, value in answers.items():
            question = self.env.ref(f"crm_satisfaction_survey.question_{name}")
            asked._save_lines(question, value)
        asked._mark_done()
        return self.env["crm.satisfaction.answer"].search(
            [("partner_id", "=", asked.partner_id.id)]
        )

    # ---------------------------------------------------------------------- asking
    def test_as_many_of_each_tier(self):
        """Six of a hundred Low and three High: three of each."""
        low = self._profile(self.tier_low, 30)
        high = self._profile(self.tier_high, 3)
        asked = self._ask()
        self.assertEqual(len(asked & asked.filtered(lambda a: a.partner_id in high)), 3)
        self.assertEqual(len(asked.filtered(lambda one: one.partner_id in low)), 3)
        self.assertFalse(self._ask(), "the month has its six")
        mails = self.env["mail.mail"].search(
            [("recipient_ids", "in", asked.partner_id.ids)]
        )
        self.assertEqual(len(mails), 6)
        self.assertIn(asked[0].access_token, mails.filtered(
            lambda mail: mail.recipient_ids == asked[0].partner_id
        ).body_html)  # fmt: skip

    def test_spread_over_the_month(self):
        self._profile(self.tier_low, 30)
        self.assertEqual(len(self._ask(datetime(2026, 6, 4, 4))), 0)
        self.assertEqual(len(self._ask(datetime(2026, 6, 5, 4))), 1)
        self.assertEqual(len(self._ask(datetime(2026, 6, 15, 4))), 2)
        self.assertEqual(len(self._ask(NOW)), 3)

    def test_nobody_twice(self):
        """Not before the pause is over, by whichever contact or plan."""
        company = self._profile(self.tier_low, email="info@example.com")
        self.assertEqual(self._ask().partner_id, company)
        person = self._create_customer(parent_id=company.id, email="p@example.com")
        company.email = False
        self.plan.copy({"name": "Another"})
        self.assertFalse(self._ask(NOW + timedelta(days=150)))
        with freeze_time(NOW + timedelta(days=181)):
            self.assertEqual(
                [one[1] for one in self.plan._sample(date(2026, 12, 28), 9)], person.ids
            )

    def test_who_is_left_alone(self):
        self._profile(self.tier_low, days=400)
        self._profile(self.tier_low, email=False)
        refused = self._profile(self.tier_low)
        self.env["mail.blacklist"]._add(refused.email)
        colleague = self._profile(self.tier_low)
        self.seller.partner_id.parent_id = colleague
        self.seller.partner_id.email = "seller@example.com"
        colleague.email = False
        self._profile(self.tier_high)
        self.plan.tier_ids = self.tier_low
        self.assertFalse(self._ask())

    def test_not_running(self):
        self._profile(self.tier_low)
        self.plan.is_running = False
        self.assertFalse(self._ask())
        action = self.plan.with_user(self.manager).action_preview()
        found = self.env["crm.value.profile"].search(action["domain"])
        self.assertEqual(len(found), 1)
        self.assertFalse(self.plan.asked_count)

    @mute_logger(
        "odoo.addons.crm_satisfaction_survey.models.crm_satisfaction_plan_asking"
    )
    def test_a_broken_mail(self):
        """A template with an error stops no other plan, and asks nobody in secret."""
        self._profile(self.tier_low, 3)
        broken = self.plan.template_id.copy({"subject": "{{ object.nothing }}"})
        self.plan.template_id = broken
        self.assertFalse(self._ask())
        self.assertFalse(self.plan.asked_count)
        failed = self.env["crm.job.run"].search([("company_id", "=", self.company.id)])
        self.assertEqual(failed.mapped("job"), ["crm.satisfaction.plan"], "shown once")

    # --------------------------------------------------------------------- answers
    def test_what_answers_become(self):
        customer = self._profile(self.tier_high)
        asked = self._ask()
        answers = self._answer(
            asked, recommend="9", quality="2", price="5", words="Faster, please"
        )
        found = {(one.kind, one.dimension): one.answer for one in answers}
        self.assertEqual(
            found, {("nps", False): 9, ("csat", "quality"): 2, ("csat", "price"): 5}
        )
        overall = answers.filtered(lambda one: not one.dimension)
        self.assertEqual(overall.comment, "Faster, please")
        self.assertEqual(overall.company_id, self.company)
        self.assertEqual(overall.date, date(2026, 6, 30))
        self.assertEqual(overall.document, asked)
        asked._mark_done()
        self.assertEqual(len(answers.search([("partner_id", "=", customer.id)])), 3)
        self.assertEqual(self.plan.answered_count, 1)

    def test_no_answers(self):
        """Tests, and people whom nobody knows, do not count."""
        self._profile(self.tier_high)
        asked = self._ask()
        asked.test_entry = True
        self.assertFalse(self._answer(asked, recommend="9"))
        stranger = self.survey._create_answer(email="x@example.com")
        self._answer(stranger, recommend="9")
        self.assertFalse(
            self.env["crm.satisfaction.answer"].search(
                [("company_id", "=", self.company.id)]
            )
        )

    def test_questions_with_another_scale(self):
        question = self.env.ref("crm_satisfaction_survey.question_recommend")
        with self.assertRaisesRegex(ValidationError, "from 0 to 10"):
            question.scale_min = 1
        with self.assertRaisesRegex(ValidationError, "from 1 to 5"):
            question.satisfaction_kind = "csat"

    def test_forgotten(self):
        """What the person wrote goes with them; the numbers stay."""
        customer = self._profile(self.tier_high)
        asked = self._ask()
        answers = self._answer(asked, recommend="3", words="Mrs. Miller was rude")
        self.env["crm.value.profile"].search(
            [("partner_id", "=", customer.id)]
        ).unlink()
        customer.unlink()
        self.assertFalse(asked.email or asked.nickname)
        self.assertFalse(asked.user_input_line_ids.filtered("value_text_box"))
        self.assertEqual(answers.answer, 3)
        self.assertFalse(answers.comment)

    # ---------------------------------------------------------------------- results
    def _record(self, kind, numbers, dimension=False, tier=None):
        """``numbers``: answer → how many gave it."""
        customers = self._profile(tier or self.tier_low, 1)
        self.env["crm.satisfaction.answer"]._record(
            [
                {
                    "company_id": self.company.id,
                    "partner_id": customers.id,
                    "kind": kind,
                    "dimension": dimension,
                    "answer": answer,
                    "date": date(2026, 6, 1),
                    "source_key": f"test,{kind}{dimension}{customers.id}:{answer}:{n}",
                }
                for answer, count in numbers.items()
                for n in range(count)
            ]
        )

    def test_score_and_range(self):
        """50, 30 and 20 of a hundred: NPS 30, in a range of 14 to 44."""
        self._record("nps", {10: 30, 9: 20, 7: 30, 6: 20})
        why = self.plan.with_user(self.manager)._get_explanation()
        self.assertIn("NPS 30.0 from 100 answers", why["summary"][0])
        self.assertIn("14 to 44", why["summary"][0])
        self.assertEqual(why["tables"][0]["total"]["promoters"], "50")
        self.assertIn("NPS 30.0", self.plan.explanation_html)

    def test_strengths_and_weaknesses(self):
        """Named where chance does not explain them, and only there."""
        self._record("nps", {9: 1})
        self._record("csat", {5: 90, 2: 10}, "quality")
        self._record("csat", {5: 40, 2: 60}, "price")
        self._record("csat", {5: 65, 2: 35}, "service")
        self._record("csat", {5: 2, 2: 0}, "delivery")
        why = self.plan._get_explanation()
        self.assertIn("Strengths: Quality.", why["summary"])
        self.assertIn("Weaknesses: Price.", why["summary"])
        verdicts = {row["name"]: row["verdict"] for row in why["tables"][1]["rows"]}
        self.assertEqual(
            verdicts,
            {
                "Price": "Weakness",
                "Service": "–",
                "Quality": "Strength",
                "Delivery": "–",
            },
        )

    def test_response(self):
        self._profile(self.tier_low, 10)
        asked = self._ask()
        self._answer(asked[0], recommend="9")
        why = self.plan._get_explanation()
        self.assertIn("1 of 6 who were asked have answered (17 %)", why["summary"][1])

    def test_nothing_yet(self):
        why = self.plan._get_explanation()
        self.assertIn("Nobody has answered", why["summary"][0])

    # ----------------------------------------------------------------------- rights
    def test_roles(self):
        self.assertTrue(self.plan.with_user(self.manager).has_access("write"))
        self.assertFalse(self.plan.with_user(self.seller).has_access("read"))
        with self.assertRaises(AccessError):
            self.plan.with_user(self.seller).action_preview()
        self.assertFalse(self.manager.has_group("survey.group_survey_user"))
        with Form(self.env["crm.satisfaction.plan"].with_user(self.manager)) as form:
            form.name = "By a manager who makes no surveys"
            self.assertEqual(form.survey_id, self.survey)
        titles = self.env["survey.survey"].with_user(self.manager)
        self.assertIn(self.survey.id, [one[0] for one in titles.name_search("doing")])
        question = self.env.ref("crm_satisfaction_survey.question_recommend")
        self.assertFalse(question.with_user(self.seller).has_access("read"))

    def test_set_based(self):
        """The sample takes as many queries for forty customers as for four."""

        def queries():
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.plan._sample(NOW.date(), 100)
            return self.env.cr.sql_log_count - before

        self._profile(self.tier_low, 4)
        queries()
        few = queries()
        self._profile(self.tier_low, 36)
        self.assertEqual(queries(), few)
