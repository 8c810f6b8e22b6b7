from datetime import date, datetime, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .common_orders import OrdersCommon

CARRIED_OUT = date(2026, 3, 2)
NOW = datetime(2026, 7, 1, 12)


@tagged("standard", "post_install", "-at_install")
class TestComplaintCapa(OrdersCommon):
    """Corrective actions: from the template to the proof, and back (D6, C23)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.leader.company_ids |= cls.company

    def setUp(self):
        super().setUp()
        clock = freeze_time(NOW)
        clock.start()
        self.addCleanup(clock.stop)

    def _create_capa(self, **vals):
        return self.env["crm.complaint.capa"].create(
            {
                "company_id": self.company.id,
                "cause_id": self.cause.id,
                "product_id": self.product.id,
                "user_id": self.leader.id,
                "analysis": "The wire is clamped, not soldered",
                "window_days": 90,
                "implemented_date": CARRIED_OUT,
                **vals,
            }
        )

    def _judge(self, at):
        with freeze_time(at):
            self.env["crm.complaint.capa"]._judge_company(self.company)

    # ---------------------------------------------------------------- beginning
    def test_from_a_complaint(self):
        """A leader presses the button: template, owner, date and product are there."""
        complaint = self._complain(1, date(2026, 6, 20))
        action = complaint.with_user(self.leader).action_corrective()
        form = Form(
            self.env["crm.complaint.capa"]
            .with_user(self.leader)
            .with_context(**action["context"])
        )
        template = self.env.ref("crm_complaints.crm_complaint_capa_template_quality")
        self.assertEqual(form.template_id, template)
        self.assertEqual(form.name, template.name)
        self.assertEqual(form.product_id, self.product)
        capa = form.save()
        self.assertEqual(capa.complaint_ids, complaint)
        self.assertEqual(capa.plan, template.plan)
        self.assertEqual(capa.due_date, date(2026, 7, 31))
        self.assertEqual(capa.user_id, self.leader)
        self.assertEqual(capa.activity_ids.date_deadline, capa.due_date)
        self.assertEqual(complaint.capa_count, 1)
        opened = complaint.action_open_corrective()
        self.assertEqual(self.env["crm.complaint.capa"].search(opened["domain"]), capa)

    def test_five_templates(self):
        """One for each cause of the documents; a sub-cause has that of its cause."""
        templates = self.env["crm.complaint.capa.template"]
        causes = self.env["crm.complaint.cause"].search([("parent_id", "=", False)])
        causes = causes.filtered(lambda one: one.get_external_id()[one.id])
        self.assertEqual(len(causes), 5)
        found = [templates._get_for(cause) for cause in causes]
        self.assertEqual(len(set(found)), 5)
        for cause, template in zip(causes, found, strict=True):
            self.assertEqual(template.cause_id, cause)
            self.assertEqual(templates._get_for(cause.child_ids[0]), template)
            self.assertIn("<li>", template.plan)

    def test_own_values_stay(self):
        capa = self._create_capa(name="Solder it", plan="<p>Now</p>", window_days=30)
        self.assertEqual(capa.name, "Solder it")
        self.assertEqual(capa.plan, "<p>Now</p>")
        self.assertEqual(capa.window_days, 30)
        capa.cause_id = self.env.ref("crm_complaints.crm_complaint_cause_price")
        self.assertEqual(capa.plan, "<p>Now</p>", "what was written is not lost")

    def test_why_is_needed(self):
        capa = self._create_capa(analysis=False)
        with self.assertRaisesRegex(UserError, "why it happens"):
            capa.action_carried_out()
        with self.assertRaisesRegex(ValidationError, "future"):
            capa.implemented_date = date(2026, 7, 2)

    def test_planned_again_has_a_new_task(self):
        capa = self._create_capa()
        self.assertEqual(capa.activity_ids.user_id, self.leader)
        capa.user_id = self.quality
        self.assertEqual(capa.activity_ids.user_id, self.quality)
        capa.action_carried_out()
        self.assertFalse(capa.activity_ids)
        capa.action_plan_again()
        self.assertEqual(capa.state, "planned")
        self.assertEqual(capa.round, 2)
        self.assertEqual(capa.activity_ids.date_deadline, capa.due_date)

    # ------------------------------------------------------------------- counting
    def test_effective(self):
        """12 in 600 orders, then 3 in 900: p = 0.0019 (C23)."""
        self._complain(12, date(2026, 2, 1))
        self._complain(3, date(2026, 4, 1))
        self._sell(600, date(2026, 2, 10))
        self._sell(900, date(2026, 4, 10))
        capa = self._create_capa()
        capa.action_carried_out()
        self.assertEqual(capa.state, "watched")
        self.assertEqual(capa.before_days, "12/02/2025 – 03/01/2026")
        self.assertEqual(capa.after_days, "03/03/2026 – 05/31/2026")
        self.assertIn("05/31/2026", capa.outlook)
        self._judge(datetime(2026, 5, 31, 12))
        self.assertEqual(capa.state, "watched", "the window is not over")
        self._judge(datetime(2026, 6, 1, 12))
        self.assertEqual(capa.state, "effective")
        figures = capa.before_count, capa.before_orders, capa.after_count
        self.assertEqual((*figures, capa.after_orders), (12, 600, 3, 900))
        self.assertAlmostEqual(capa.chance, 0.0019, places=4)
        self.assertEqual(
            capa.effect,
            "12 complaints in 600 orders before, 3 in 900 since. By chance alone, so few "
            "would come in 0.19 % of cases.",
        )
        self.assertIn("0.19", capa.message_ids[0].body)
        counted = self.env["crm.complaint"].search(capa.action_open_counted()["domain"])
        self.assertEqual(len(counted), 15)

    def test_not_shown(self):
        """8 in 400, then 5 in 400: p = 0.29."""
        self._complain(8, date(2026, 2, 1))
        self._complain(5, date(2026, 4, 1))
        self._sell(400, date(2026, 2, 10))
        self._sell(400, date(2026, 4, 10))
        capa = self._create_capa()
        capa.action_carried_out()
        self._judge(datetime(2026, 6, 1, 12))
        self.assertEqual((capa.state, capa.verdict), ("not_shown", "not_shown"))
        self.assertAlmostEqual(capa.chance, 0.2905, places=4)
        self.assertIn("No effect", capa.activity_ids.summary)
        capa.action_plan_again()
        self.assertFalse(capa.verdict or capa.implemented_date)

    def test_too_early(self):
        """12 in 600, then none in 60: nobody can say yet, so it is watched longer."""
        self._complain(12, date(2026, 2, 1))
        self._sell(600, date(2026, 2, 10))
        self._sell(60, date(2026, 4, 10))
        capa = self._create_capa()
        capa.action_carried_out()
        first = capa.after_to
        for extension in (1, 2, 3):
            self._judge(capa.after_to + timedelta(hours=1))
            self.assertEqual((capa.state, capa.verdict), ("watched", "too_early"))
            self.assertEqual(capa.extensions, extension)
        self.assertAlmostEqual((capa.after_to - first).days, 270, delta=1)
        self._judge(capa.after_to + timedelta(hours=1))
        self.assertEqual((capa.state, capa.verdict), ("not_shown", "too_early"))

    def test_what_counts(self):
        """Same cause or below it, same product, complaints only, by receipt."""
        self._complain(2, date(2026, 2, 1))
        self._complain(1, date(2026, 2, 1), product_id=self.other_product.id)
        self._complain(1, date(2026, 2, 1), type="question")
        other = self.env.ref("crm_complaints.crm_complaint_cause_price")
        self._complain(1, date(2026, 2, 1), cause_id=other.id)
        self._complain(1, date(2026, 2, 1))._exclude("mistaken", note="No")
        self._complain(1, CARRIED_OUT)  # the day itself is in neither window
        self._complain(1, CARRIED_OUT - timedelta(days=91))
        self._sell(2, date(2026, 2, 1))
        self._sell(1, date(2026, 2, 1), product=self.other_product)
        self._sell(1, CARRIED_OUT)
        capa = self._create_capa(cause_id=self.cause.parent_id.id)
        capa.action_carried_out()
        self.assertEqual((capa.before_count, capa.after_count), (2, 0))
        self.assertEqual((capa.before_orders, capa.after_orders), (2, 0))
        everything = self._create_capa(product_id=False)
        everything.action_carried_out()
        self.assertEqual(everything.before_count, 3)
        self.assertEqual(everything.before_orders, 3)

    def test_query_count(self):
        capas = self.env["crm.complaint.capa"]
        for _number in range(20):
            capas |= self._create_capa()
        for capa in capas:
            capa.action_carried_out()
        self.env.flush_all()
        capas._count()
        self.env.flush_all()
        with self.assertQueryCount(6):
            capas._count()
            self.env.flush_all()

    # ------------------------------------------------------------------ recurrence
    def _make_effective(self):
        self._complain(12, date(2026, 2, 1))
        self._sell(60, date(2026, 2, 10))
        self._sell(90, date(2026, 4, 10))
        capa = self._create_capa()
        capa.action_carried_out()
        self._judge(datetime(2026, 6, 1, 12))
        self.assertEqual(capa.state, "effective")
        return capa

    def test_comes_back(self):
        capa = self._make_effective()
        self._complain(1, date(2026, 6, 20), product_id=self.other_product.id)
        self._complain(1, date(2026, 6, 20), type="question")
        self.assertEqual(capa.state, "effective")
        again = self._complain(1, date(2026, 6, 20))
        self.assertEqual((capa.state, capa.round), ("planned", 2))
        self.assertEqual(capa.complaint_ids, again)
        self.assertIn(again.reference, capa.message_ids[0].body)
        self.assertEqual(capa.activity_ids.user_id, self.leader)

    def test_logged_later(self):
        """What happened before the action and is typed afterwards says nothing."""
        capa = self._make_effective()
        self._complain(1, date(2026, 2, 27))
        self._complain(1, CARRIED_OUT)
        self.assertEqual(capa.state, "effective")
        with freeze_time(datetime(2026, 12, 1)):
            self._complain(1, date(2026, 11, 30))
        self.assertEqual(capa.state, "effective", "too long ago to be the same")

    def test_classified_later(self):
        """The cause of a complaint is found when it is looked into."""
        capa = self._make_effective()
        complaint = self._complain(1, date(2026, 6, 20), cause_id=False)
        self.assertEqual(capa.state, "effective")
        complaint.user_id = self.agent
        complaint.with_user(self.agent).cause_id = self.cause
        self.assertEqual(capa.state, "planned")

    # ---------------------------------------------------------------------- rights
    def test_only_the_count_says_effective(self):
        capa = self._create_capa().with_user(self.quality)
        capa.action_carried_out()
        for vals in (
            {"state": "effective"},
            {"verdict": "effective"},
            {"after_count": 0},
            {"after_orders": 10**6},
            {"judged_day": NOW.date()},
            {"extensions": 0},
        ):
            with self.assertRaises(UserError, msg=vals):
                capa.write(vals)
        for vals in (
            {"window_days": 7},
            {"implemented_date": date(2026, 1, 1)},
            {"product_id": False},
            {"cause_id": self.cause.parent_id.id},
            {"template_id": False},
        ):
            with self.assertRaisesRegex(UserError, "settled", msg=vals):
                capa.write(vals)
        with self.assertRaises(UserError):
            self.env["crm.complaint.capa"].with_user(self.quality).create(
                {"cause_id": self.cause.id, "state": "effective"}
            )
        with self.assertRaisesRegex(UserError, "stays"):
            capa.unlink()

    def test_roles(self):
        capa = self._create_capa()
        for user in (self.agent, self.reader):
            self.assertTrue(capa.with_user(user).name)
            for call in (
                capa.with_user(user).action_carried_out,
                capa.with_user(user).action_cancel,
                capa.with_user(user).action_plan_again,
            ):
                with self.assertRaises(AccessError):
                    call()
        with self.assertRaises(AccessError):
            capa.with_user(self.seller).read(["name"])
        complaint = self._complain(1, date(2026, 6, 20))
        with self.assertRaises(AccessError):
            complaint.with_user(self.seller).read(["capa_ids"])
        capa.complaint_ids = complaint
        stranger = self._create_user("stranger", "crm_complaints.group_complaint_agent")
        form = Form(capa.with_user(stranger))
        self.assertFalse(form.complaint_ids, "not what other teams wrote")
        with self.assertRaises(AccessError):
            self.env["crm.complaint.capa"].with_user(self.agent).create(
                {"cause_id": self.cause.id}
            )
        capa.with_user(self.leader).action_cancel()
        self.assertEqual(capa.state, "cancelled")
        self.assertFalse(capa.activity_ids)

    def test_owner_of_another_company(self):
        capa = self._create_capa()
        with self.assertRaisesRegex(ValidationError, "does not work in"):
            capa.user_id = self.env.ref("base.public_user")
