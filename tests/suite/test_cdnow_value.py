"""Tiers of the real customers of CDNOW, against what the literature publishes."""

import sys
from datetime import date
from pathlib import Path

from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user, tagged

from tools.datasets import cdnow, wheel
from tools.datasets.odoo_loader import Loader
from tools.datasets.odoo_records import LAST_DAY_PARAMETER

ROOT = Path(__file__).resolve().parents[2]
END_OF_CALIBRATION = date(1997, 9, 30)


@tagged("standard", "post_install", "-at_install")
class TestCdnowValue(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.cr.execute("DELETE FROM ir_model_data WHERE module = '__cdnow__'")
        cls.env["ir.config_parameter"].set_param(LAST_DAY_PARAMETER, False)
        cls.company = cls.env["res.company"].create(
            {"name": "CDNOW", "currency_id": cls.env.ref("base.USD").id}
        )
        cls.company.partner_id.tz = "America/New_York"
        cls.env.user.company_ids = [Command.link(cls.company.id)]
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
        dataset = cdnow.dataset_named("cdnow-sample")
        path = wheel.data_file(dataset, ROOT / "var" / "cache", Path(sys.executable))
        loader = Loader(
            cls.env,
            cdnow.read(path),
            cdnow.LAST_DAY,
            commit=lambda: None,
            progress=lambda text: None,
        )
        cls.loaded = loader.run(reshift=False)
        cls.addClassCleanup(cls.env.cr.execute, "SELECT pg_advisory_unlock_all()")
        model = cls.env["crm.value.model"]._get_for_company(
            cls.company, END_OF_CALIBRATION
        )
        model.include_zero = True
        cls.run_1997 = cls.env["crm.value.run"].recompute(
            cls.company, END_OF_CALIBRATION
        )

    def test_everybody_is_there(self):
        self.assertEqual((self.loaded.customers, self.loaded.orders), (2357, 6919))
        self.assertEqual(self.run_1997.state, "done", self.run_1997.error)
        self.assertEqual(self.run_1997.customer_count, 2357)

    def test_published_fit(self):
        fit = self.run_1997.fit["purchases"]
        self.assertEqual((fit["method"], fit["customers"]), ("fitted", 2357))
        self.assertAlmostEqual(fit["log_likelihood"], -9582.13, delta=0.05)
        for name, value in (("r", 0.5248), ("alpha", 6.183), ("a", 0.8914)):
            self.assertAlmostEqual(fit["parameters"][name] / value, 1, delta=0.01)
        spend = self.run_1997.fit["spend"]
        self.assertEqual(spend["repeaters"], 946)
        self.assertAlmostEqual(spend["log_likelihood"], -4055.92, delta=0.05)
        self.assertAlmostEqual(spend["mean"], 35.17, delta=0.05)

    def test_published_customer(self):
        """Two repeat purchases, the last after 30.43 weeks, seen for 38.86 weeks."""
        profile = self.env["crm.value.profile"].search(
            [
                ("company_id", "=", self.company.id),
                ("purchase_days", "=", 3),
                ("first_purchase", "=", date(1997, 1, 1)),
                ("last_purchase", "=", date(1997, 8, 2)),
            ],
            limit=1,
        )
        self.assertTrue(profile)
        self.assertAlmostEqual(profile.p_alive, 0.7061, delta=1e-3)
        self.assertAlmostEqual(profile.p_buy_quarter, 0.3315, delta=1e-3)

    def test_who_stopped_has_left(self):
        """The forecast of September 1997 tells who bought again until June 1998."""
        self.env.cr.execute(
            """
            SELECT profile.p_buy_year, EXISTS (
                       SELECT FROM sale_order so
                        WHERE so.partner_id = profile.partner_id
                          AND so.company_id = profile.company_id
                          AND so.date_order > '1997-10-01')
              FROM crm_value_profile profile WHERE profile.company_id = %s
            """,
            [self.company.id],
        )
        ranked = sorted((float(p), bought) for p, bought in self.env.cr.fetchall())
        bought = [flag for _p, flag in ranked]
        positives, concordant, behind = sum(bought), 0, 0
        for flag in bought:  # area under the ROC curve by ranks; ties are rare
            if flag:
                concordant += behind
            else:
                behind += 1
        area = concordant / (positives * (len(bought) - positives))
        self.assertGreater(area, 0.75)
        observed = positives / len(bought)
        predicted = sum(p for p, _flag in ranked) / len(ranked)
        self.assertAlmostEqual(predicted, observed, delta=0.08)

    def test_same_day_again_writes_nothing(self):
        again = self.env["crm.value.run"].recompute(self.company, END_OF_CALIBRATION)
        self.assertEqual((again.written_count, again.transition_count), (0, 0))

    def test_tiers_hold_their_shares(self):
        """As near to 20, 30 and 50 % as scores that many customers share allow."""
        counts = self.run_1997.counts["tiers"]
        tiers = [tier["tier_id"] for tier in self.run_1997.parameters["tiers"]]
        self.env.cr.execute(
            "SELECT MAX(number) FROM (SELECT COUNT(*) AS number FROM crm_value_profile"
            " WHERE company_id = %s GROUP BY value_score) ties",
            [self.company.id],
        )
        tolerance = self.env.cr.fetchone()[0] / 2357
        for tier, share in zip(tiers, (0.2, 0.5, 1), strict=True):
            held = sum(
                counts[str(other)]["share"] for other in tiers[: tiers.index(tier) + 1]
            )
            self.assertAlmostEqual(held, share, delta=tolerance / 2 + 1e-9)
