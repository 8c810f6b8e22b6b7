"""Every list and board of the demo has something to show, and nothing is made up twice."""

import sys
from datetime import timedelta
from pathlib import Path

from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user, tagged

from tools.datasets import cdnow, odoo_story_points, wheel
from tools.datasets.odoo_loader import Loader
from tools.datasets.odoo_records import LAST_DAY_PARAMETER
from tools.datasets.odoo_story import tell_story

ROOT = Path(__file__).resolve().parents[2]


@tagged("standard", "post_install", "-at_install")
class TestDemoStory(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.cr.execute("DELETE FROM ir_model_data WHERE module = '__cdnow__'")
        cls.env["ir.config_parameter"].set_param(LAST_DAY_PARAMETER, False)
        cls.company = cls.env["res.company"].create(
            {"name": "CDNOW", "currency_id": cls.env.ref("base.USD").id}
        )
        people = cls.env.user | cls.env.ref("base.user_admin")
        people.company_ids = [Command.link(cls.company.id)]
        cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": cls.company.ids}
        )
        new_test_user(
            cls.env,
            "cdnow_seller",
            "sales_team.group_sale_salesman",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        # An upgraded database keeps the cadence it had, which may be none.
        cls.env.ref("crm_value_tiering.crm_value_tier_high").contact_days = 30
        dataset = cdnow.dataset_named("cdnow-sample")
        cls.purchases = cdnow.read(
            wheel.data_file(dataset, ROOT / "var" / "cache", Path(sys.executable))
        )
        cls.today = cls.company._get_value_today()
        loader = Loader(
            cls.env,
            cls.purchases,
            cls.today - timedelta(days=1),
            commit=lambda: None,
            progress=lambda text: None,
        )
        loader.run(reshift=False)
        cls.addClassCleanup(cls.env.cr.execute, "SELECT pg_advisory_unlock_all()")

    def _count(self, model, *domain):
        return self.env[model].search_count(
            [("company_id", "=", self.company.id), *domain]
        )

    def test_told_once(self):
        confirmed = self._count("sale.order", ("state", "=", "sale"))
        self.assertTrue(tell_story(self.env))
        self.assertEqual(
            self._count("sale.order", ("state", "=", "sale")),
            confirmed + odoo_story_points.REDEEMED,
            "unharmed; points were used in three more",
        )
        for outcome in ("open", "kept", "left"):
            with self.subTest(outcome=outcome):
                self.assertTrue(
                    self._count("crm.value.outreach", ("outcome", "=", outcome))
                )
        due = ("next_contact_date", "<=", self.today)
        self.assertGreater(self._count("crm.value.profile", due), 5)
        self.assertEqual(self._count("crm.churn.record"), 8)
        self.assertTrue(
            self._count("crm.satisfaction.answer", ("dimension", "=", "service"))
        )
        self.assertEqual(self._count("crm.complaint.alarm"), 1, "one outbreak")
        self.assertTrue(self._count("crm.complaint.solution", ("waits", "=", True)))
        for state in ("planned", "watched"):
            actions = ("state", "=", state)
            self.assertTrue(self._count("crm.complaint.capa", actions), state)
        for state in ("new", "planned", "adopted", "declined"):
            ideas = ("state", "=", state)
            self.assertEqual(self._count("crm.complaint.idea", ideas), 1, state)
        plan = self.env["crm.metric.plan"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertEqual(len(plan), 1)
        self.assertIn(plan.change, ("better", "reached"))
        process = self.env["crm.complaint.process"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertTrue(process.bottleneck_id)
        self.assertIn("faster", process.step_ids.mapped("verdict"))
        for state in ("open", "waiting", "closed"):
            self.assertGreater(self._count("crm.complaint", ("state", "=", state)), 1)
        stages = self.env["crm.complaint"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertEqual(stages.stage_id, self.env["crm.complaint.stage"].search([]))
        results = dict(
            self.env["crm.complaint.clock"]._read_group(
                [("company_id", "=", self.company.id)], ["result"], ["__count"]
            )
        )
        self.assertGreater(results["met"], 3 * results["missed"])
        for kind in ("earn", "expire", "grant"):
            with self.subTest(points=kind):
                self.assertTrue(self._count("crm.loyalty.move", ("kind", "=", kind)))
        redeemed = self._count("crm.loyalty.move", ("kind", "=", "redeem"))
        self.assertEqual(redeemed, odoo_story_points.REDEEMED)
        self.assertEqual(self._count("crm.loyalty.adjustment"), 2)
        proof = self.env["crm.loyalty.proof"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertEqual(proof.finding_count, 0)
        for state, count in (("paid", 2), ("review", 1), ("computed", 1)):
            with self.subTest(months=state):
                self.assertEqual(
                    self._count("crm.incentive.period", ("state", "=", state)), count
                )
        paid = self.env["crm.incentive.statement"].search(
            [("company_id", "=", self.company.id), ("state", "=", "paid")]
        )
        self.assertGreater(sum(paid.mapped("paid_amount")), 0)
        self.assertEqual(self._count("crm.incentive.inquiry"), 1)
        simulation = self.env["crm.incentive.simulation"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertTrue(simulation.paid_amount and simulation.difference)
        contest = self.env["crm.incentive.contest"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertTrue(contest._get_places())
        self.assertEqual(self._count("crm.value.override"), 1)
        self.assertEqual(self._count("crm.value.holdout", ("state", "=", "done")), 1)
        moved = ("direction", "in", ("up", "down"))
        today = ("date", "=", self.today)
        self.assertGreater(self._count("crm.value.transition", moved, today), 20)
        targets = self.env["crm.metric.target"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertGreaterEqual(len(set(targets.mapped("status"))), 2)
        unknown = targets.filtered(lambda target: target.status == "unknown")
        self.assertFalse(unknown.metric_id.mapped("name"))
        codes = ("conversion", "sales_cycle", "revenue", "retention", "csat", "nps")
        for code in codes:
            with self.subTest(metric=code):
                self.assertTrue(
                    self._count("crm.metric.fact", ("metric_id.code", "=", code))
                )
        models = (
            "crm.value.outreach",
            "crm.churn.record",
            "crm.metric.target",
            "crm.lead",
        )
        before = [self._count(model) for model in models]
        self.assertFalse(tell_story(self.env))
        self.assertEqual([self._count(model) for model in models], before)
