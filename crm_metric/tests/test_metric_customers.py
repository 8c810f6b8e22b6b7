from datetime import date, time

from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common import MetricCommon

CODES = (
    "customers",
    "customers_new",
    "customers_returned",
    "customers_lost",
    "retention",
    "churn",
    "repeat_purchase",
)


@tagged("post_install", "-at_install")
class TestMetricCustomers(MetricCommon):
    """A book small enough to count by hand: June 2026, in Shanghai.

    ========  ====================================================================
    Ann       July 2024, 5 June 2026: kept from the year before, and returned
    Ben       January 2025 only: left
    Cleo      20 June 2025 only: left, and lost in June 2026
    Dana      1 June 2026, 07:30 (31 May, 23:30 UTC), and 30 June: new, repeated
    Eve       30 June 2026, 23:59: new
    Finn      1 July 2026, 00:30 (30 June, 16:30 UTC): not in June
    Gus       a refund in June, nothing else: no customer
    Hope      August 2025 and 2 May 2026: a customer, repeated
    ========  ====================================================================
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        names = ("ann", "ben", "cleo", "dana", "eve", "finn", "gus", "hope")
        for name in names:
            setattr(cls, name, cls._create_customer(f"Metric Test {name.title()}"))
        cls._buy(cls.ann, date(2024, 7, 10), 10)
        cls._buy(cls.ann, date(2026, 6, 5), 100.10)
        cls._buy(cls.ben, date(2025, 1, 15), 20)
        cls._buy(cls.cleo, date(2025, 6, 20), 30)
        cls._buy(cls.dana, date(2026, 6, 1), 200.20, at=time(7, 30))
        cls._buy(cls.dana, date(2026, 6, 30), 300.30)
        cls._buy(cls.dana, date(2026, 6, 30), -30)
        cls._buy(cls.eve, date(2026, 6, 30), 50.05, at=time(23, 59))
        cls._buy(cls.finn, date(2026, 7, 1), 60, at=time(0, 30))
        cls._buy(cls.gus, date(2026, 6, 10), -50.50)
        cls._buy(cls.hope, date(2025, 8, 1), 70)
        cls._buy(cls.hope, date(2026, 5, 2), 80)

    def _figures(self, month=None):
        return {code: self._figure(code, month) for code in CODES}

    def test_golden_book(self):
        self._measure()
        self.assertEqual(
            self._figures(),
            {
                "customers": 4,  # Ann, Dana, Eve, Hope
                "customers_new": 2,  # Dana, Eve
                "customers_returned": 1,  # Ann
                "customers_lost": 1,  # Cleo
                "retention": 100 * 1 / 3,  # Ann of Ann, Ben, Cleo
                "churn": 100 * 2 / 3,
                "repeat_purchase": 50,  # Dana, Hope
            },
        )
        self.assertEqual(self._figure("revenue"), 570.15)

    def test_no_row_where_nothing_is_known(self):
        """Neither CLV of the past, nor rates without anybody to relate to. That nobody
        returned or was lost is known."""
        self._measure(date(2024, 7, 1), date(2024, 7, 31))
        own = self.env["ir.model.data"].search(
            [("module", "=", "crm_metric"), ("model", "=", "crm.metric")]
        )
        facts = self.facts.search(
            [
                ("company_id", "=", self.company.id),
                ("metric_id", "in", own.mapped("res_id")),
            ]
        )
        codes = facts.mapped("metric_id.code")
        self.assertCountEqual(
            codes,
            [
                "customers", "customers_new", "customers_returned", "customers_lost",
                "repeat_purchase", "revenue", "cac",
            ],
        )  # fmt: skip
        self.assertEqual(self._figure("customers_lost", date(2024, 7, 1)), 0)
        self.assertFalse(self._figure("cac", date(2024, 7, 1)))

    def test_the_book_balances(self):
        """Customers = those of the month before + new + returned - lost, each month."""
        self._measure(date(2024, 7, 1), date(2026, 10, 31))
        before, month = 0, date(2024, 7, 1)
        while month <= date(2026, 10, 1):
            figures = self._figures(month)
            with self.subTest(month=month):
                self.assertEqual(
                    figures["customers"] or 0,
                    before
                    + (figures["customers_new"] or 0)
                    + (figures["customers_returned"] or 0)
                    - (figures["customers_lost"] or 0),
                )
                if figures["retention"] is not False:
                    self.assertAlmostEqual(figures["retention"] + figures["churn"], 100)
            before = figures["customers"] or 0
            month = date(month.year + month.month // 12, month.month % 12 + 1, 1)

    def test_running_month_ends_today(self):
        """On 15 June Dana has not repeated yet, Eve is unknown, Cleo not lost yet."""
        with freeze_time("2026-06-15 04:00:00"):
            self._measure()
        figures = self._figures()
        self.assertEqual(figures["customers"], 4)  # Ann, Cleo, Dana, Hope
        self.assertEqual(figures["customers_new"], 1)
        self.assertFalse(figures["customers_lost"])
        self.assertEqual(figures["repeat_purchase"], 25)  # Hope
        self.assertEqual(self._figure("revenue"), 249.80)
        with freeze_time("2026-06-29 16:10:00"):  # the 30th has begun in Shanghai
            self._measure()
        self.assertEqual(self._figure("customers_new"), 2)
        self.assertEqual(self._figure("customers_lost"), 1)

    def test_another_company_counts_for_itself(self):
        other = self._create_company("Metric Test Other Company")  # in UTC
        self._buy(self.ben, date(2026, 6, 3), 7, company=other)
        self._buy(self.ann, date(2026, 5, 31), 9, company=other, at=time(23, 30))
        self._measure(company=self.company + other)
        self.assertEqual(self._figure("customers"), 4)
        self.assertEqual(self._figure("customers", company=other), 2)
        self.assertEqual(self._figure("customers_new", company=other), 1)
        self.assertEqual(self._figure("revenue", company=other), 7)

    def test_a_contact_counts_as_its_company(self):
        employee = self._create_customer("Metric Test Employee", parent_id=self.eve.id)
        self._buy(employee, date(2026, 6, 2), 5)
        self._measure()
        self.assertEqual(self._figure("customers"), 4)
        self.assertEqual(self._figure("repeat_purchase"), 75)

    def test_archived_customers_have_bought_all_the_same(self):
        self.dana.active = False
        self._measure()
        self.assertEqual(self._figure("customers_new"), 2)

    def test_invoices_as_the_source(self):
        self._set_model(source="invoice")
        self._invoice(self.ben, date(2026, 6, 30), 11.11)
        self._invoice(self.ben, date(2026, 6, 30), 1.11, refund=True)
        self._invoice(self.ann, date(2026, 5, 31), 5)
        self._measure()
        self.assertEqual(self._figure("customers"), 2)
        self.assertEqual(self._figure("customers_new"), 1)
        self.assertEqual(self._figure("revenue"), 10)

    # --------------------------------------------------------------- attribution
    def _sell(self, customer, day, user, team, amount=10):
        return self._buy(customer, day, amount, user_id=user.id, team_id=team.id)

    def test_who_a_customer_counts_for(self):
        """The contact's salesperson; without one, who sold last."""
        team, second_team = self.env["crm.team"].create(
            [
                {"name": "Metric Test Team", "company_id": self.company.id},
                {"name": "Metric Test Second Team", "company_id": self.company.id},
            ]
        )
        second_team.crm_team_member_ids = [Command.create({"user_id": self.manager.id})]
        self._sell(self.eve, date(2026, 6, 1), self.manager, second_team)
        self._sell(self.eve, date(2026, 6, 30), self.seller, team)  # the later order
        self._sell(self.hope, date(2026, 6, 2), self.seller, team)
        self.hope.user_id = self.manager
        self._measure()
        by_user = self._figure("customers", groupby="user_id")
        self.assertEqual(by_user[self.seller.id], 1)  # Eve: sold last
        self.assertEqual(by_user[self.manager.id], 1)  # Hope: responsible
        by_team = self._figure("customers", groupby="team_id")
        self.assertEqual((by_team[team.id], by_team[second_team.id]), (1, 1))
        revenue = self._figure("revenue", groupby="user_id")
        self.assertEqual((revenue[self.seller.id], revenue[self.manager.id]), (20, 10))
        self.assertEqual(sum(by_user.values()), 4)

    # --------------------------------------------------------------------- tiers
    def _change_tier(self, partner, day, before, after, **vals):
        profile = self._profile(partner)
        self.env["crm.value.transition"].create(
            {
                "profile_id": profile.id,
                "partner_id": partner.id,
                "company_id": self.company.id,
                "date": day,
                "kind": "tier",
                "from_tier_id": before.id,
                "to_tier_id": after.id,
                **vals,
            }
        )

    def test_the_tier_of_that_time(self):
        """Not today's: Dana was Low in June and has been High since July."""
        self._set_model(min_customers=50)  # profiles, but no tiers: ours stand alone
        self._run(as_of=date(2026, 7, 31))
        none = self.env["crm.value.tier"]
        self._change_tier(self.dana, date(2026, 6, 30), none, self.tier_low)
        self._change_tier(self.dana, date(2026, 7, 1), self.tier_low, self.tier_high)
        # A contact merged into Dana was High in June: Dana was not.
        self._change_tier(
            self.dana, date(2026, 6, 30), none, self.tier_high, is_merged=True
        )
        # Eve's first tier came after June: it is taken for the time before.
        self._change_tier(self.eve, date(2026, 7, 31), none, self.tier_mid)
        self._change_tier(self.eve, date(2026, 8, 1), self.tier_mid, self.tier_high)
        self._measure()
        self.assertEqual(
            self._figure("customers", groupby="tier_id"),
            {self.tier_low.id: 1, self.tier_mid.id: 1, False: 2},
        )
        self.assertEqual(self._figure("revenue", tier_id=self.tier_low), 470.50)

    def test_who_stayed_by_the_tier_of_before(self):
        """By the tier of the end High kept all its customers and Low none."""
        self._set_model(min_customers=50)
        self._run(as_of=date(2026, 7, 31))
        none = self.env["crm.value.tier"]
        before, after = date(2025, 6, 30), date(2025, 7, 1)
        self._change_tier(self.ann, before, none, self.tier_high)
        self._change_tier(self.ben, before, none, self.tier_high)
        self._change_tier(self.ben, date(2026, 1, 1), self.tier_high, self.tier_low)
        self._change_tier(self.cleo, after, none, self.tier_low)  # a day too late
        self._measure()
        for code, by_tier in (
            ("retention", {self.tier_high.id: 50, False: 0}),
            ("churn", {self.tier_high.id: 50, False: 100}),
            ("customers_lost", {False: 1}),
        ):
            with self.subTest(code):
                self.assertEqual(self._figure(code, groupby="tier_id"), by_tier)
        self.assertEqual(self._figure("retention"), 100 * 1 / 3)
        with freeze_time("2026-06-30 04:00:00"):  # the same while the month is running
            self._measure()
        self.assertEqual(
            self._figure("retention", groupby="tier_id"),
            {self.tier_high.id: 50, False: 0},
        )

    def test_what_was_taken_back_was_not_bought(self):
        """Eve returned all she had bought: no new customer. Hope a part: a customer."""
        self._buy(self.eve, date(2026, 6, 30), -50.05)
        self._buy(self.hope, date(2026, 6, 10), -30)
        self._measure()
        figures = self._figures()
        self.assertEqual(figures["customers"], 3)
        self.assertEqual(figures["customers_new"], 1)
        self.assertEqual(figures["repeat_purchase"], 100 * 2 / 3)
        self.assertEqual(self._figure("revenue"), 490.10)

    def test_after_a_look_at_the_past(self):
        """Figures are those of the present, whatever the screens show just now."""
        self._set_model(min_customers=2)
        with freeze_time("2026-06-30 04:00:00"):
            self._run()
            self._measure()
            before = self._figures() | {"clv": self._figure("clv")}
            self._run(as_of=date(2025, 8, 1))
            profile = self._profile(self.ann)
            self.assertEqual(profile.as_of, date(2025, 8, 1))
            self._measure()
            self.assertEqual(profile.as_of, self.as_of)
        self.assertEqual(self._figures() | {"clv": self._figure("clv")}, before)

    @freeze_time("2026-06-30 04:00:00")
    def test_current_month_has_todays_tiers_and_lifetime_values(self):
        self._set_model(min_customers=2, limits={self.tier_high: {"share": 20}})
        self._run()
        self._measure()
        profiles = self.env["crm.value.profile"].search(
            [
                ("company_id", "=", self.company.id),
                ("partner_id", "in", (self.ann + self.dana + self.eve + self.hope).ids),
            ]
        )
        by_tier = profiles.grouped("tier_id")
        self.assertGreater(len(by_tier), 1)
        self.assertEqual(
            self._figure("customers", groupby="tier_id"),
            {tier.id: len(members) for tier, members in by_tier.items()},
        )
        self.assertAlmostEqual(
            self._figure("clv"), sum(profiles.mapped("clv_predictive")) / 4, 6
        )

    def test_lifetime_value_of_a_past_month_is_kept(self):
        """It cannot be measured later, so the figure of that time stands."""
        self._set_model(min_customers=2)
        with freeze_time("2026-06-30 04:00:00"):
            self._run()
            self._measure()
        clv = self._figure("clv")
        self.assertGreater(clv, 0)
        with freeze_time("2026-07-02 04:00:00"):
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE crm_value_profile SET clv_predictive = 1 WHERE company_id = %s",
                [self.company.id],
            )
            self._measure()
        self.assertEqual(self._figure("clv"), clv)
