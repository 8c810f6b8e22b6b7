from datetime import date, timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import SQL

from .common import ValueCommon

# Whatever a computation writes, or a changed value model.
RESULTS = (
    "crm_value_profile",
    "crm_value_transition",
    "crm_value_run",
    "crm_value_policy",
    "crm_value_policy_tier",
    "crm_lead",
)


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 04:00:00")
class TestValueSetup(ValueCommon):
    """The guided set-up: its steps, its preview, what it saves."""

    def _setup(self, **values):
        """A set-up as the manager opens it, ``values`` typed in each one's step."""
        setup = Form(self.env["crm.value.setup"].with_user(self.manager)).save()
        for name, value in values.items():
            setup.step = "weights" if name == "preset" else "tiers"
            with Form(setup) as form:
                form[name] = value
        setup.step = "source"
        return setup

    def _go(self, setup, *steps):
        for step in steps:
            setup.action_next()
            self.assertEqual(setup.step, step)

    def _tiers(self, setup):
        """Number of customers by tier, as the preview has it."""
        return {
            self.env["crm.value.tier"].browse(tier["tier_id"]): tier["customers"]
            for tier in setup.preview["tiers"]
        }

    def _fingerprint(self):
        """Every row of the tables that only a computation or a save may write."""
        self.env.flush_all()
        return [
            self.env.execute_query(
                SQL("SELECT * FROM %s t ORDER BY id", SQL.identifier(table))
            )
            for table in RESULTS
        ]

    # ----------------------------------------------------------------- opening
    def test_opens_with_what_holds(self):
        model = self._set_model(
            limits={self.tier_high: {"share": 12}}, weight_recency=60, weight_monetary=0
        )
        setup = self._setup()
        self.assertEqual((setup.weight_recency, setup.weight_monetary), (60, 0))
        self.assertEqual(setup.preset, "custom")
        self.assertEqual(setup._get_parameters(), model._get_parameters())

    def test_opening_creates_no_model(self):
        company = self._create_company("Value Test New Company")
        setup = self.env["crm.value.setup"].with_company(company).create({})
        self.assertEqual(setup.tier_line_ids.mapped("share"), [20, 30, 50])
        self.assertFalse(
            self.env["crm.value.policy"].search([("company_id", "=", company.id)])
        )

    def test_presets(self):
        setup = self._setup()
        setup.step = "weights"
        form = Form(setup)
        self.assertEqual(form.preset, "balanced")
        for preset, (_label, weights) in (
            self.env["crm.value.setup"]._get_weight_presets().items()
        ):
            with self.subTest(preset=preset):
                self.assertEqual(sum(weights.values()), 100)
                form.preset = preset
                self.assertEqual({name: form[name] for name in weights}, weights)
                self.assertEqual(form.preset, preset)
        form.weight_recency = 25
        self.assertEqual(form.preset, "custom")

    def test_steps(self):
        self._ladder()
        setup = self._setup()
        self._go(setup, "weights", "tiers", "preview")
        setup.action_back()
        self.assertEqual(setup.step, "tiers")

    def test_refused_with_a_sentence(self):
        self._ladder()
        setup = self._setup()
        lines = setup.tier_line_ids.sorted()
        for values, sentence in (
            ({"weight_recency": 40}, "sum to 110 %"),
            ({"window_days": -1}, "must be between 0 and 36,500"),
            (
                {
                    "tier_rule": "score",
                    "tier_line_ids": [
                        Command.update(lines[0].id, {"min_score": 50}),
                        Command.update(lines[1].id, {"min_score": 50}),
                    ],
                },
                "tiers overlap",
            ),
            ({"tier_line_ids": [Command.clear()]}, "at least two tiers"),
        ):
            with (
                self.subTest(values=values),
                self.assertRaisesRegex(ValidationError, sentence),
                self.env.cr.savepoint(),
            ):
                setup.write(values)

    # ----------------------------------------------------------------- preview
    def test_preview_is_what_the_computation_finds(self):
        """Tiers, revenue and lifetime value, as the computation stores them."""
        self._population(80)
        self._set_model()
        setup = self._setup(preset="spend")
        self._go(setup, "weights", "tiers", "preview")
        setup.action_save_and_compute()
        profiles = self.env["crm.value.profile"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertEqual(len(profiles), 80)
        for tier in setup.preview["tiers"]:
            found = profiles.filtered(
                lambda p, tier=tier: p.tier_id.id == tier["tier_id"]
            )
            self.assertEqual(tier["customers"], len(found))
            self.assertAlmostEqual(
                float(tier["revenue"]), sum(found.mapped("revenue_window")), 2
            )
            self.assertAlmostEqual(
                float(tier["clv"]), sum(found.mapped("clv_predictive")) / len(found), 1
            )
            best = found.sorted("value_score", reverse=True)[0].value_score
            self.assertEqual(
                self._profile(
                    self.env["res.partner"].browse(tier["examples"][0])
                ).value_score,
                best,
            )

    def test_preview_writes_nothing(self):
        customers = self._ladder()
        self._run()
        self.env["crm.lead"].create({"name": "Deal", "partner_id": customers[0].id})
        setup = self._setup(preset="recency")
        before = self._fingerprint()
        self._go(setup, "weights", "tiers", "preview")
        self.assertTrue(setup.preview_html)
        self.assertEqual(self._fingerprint(), before)

    def test_who_would_move(self):
        customers = self._ladder()
        self._run()
        setup = self._setup()
        high, mid, _low = setup.tier_line_ids.sorted()
        setup.write(
            {
                "tier_line_ids": [
                    Command.update(high.id, {"share": 40}),
                    Command.update(mid.id, {"share": 20}),
                ]
            }
        )
        setup.action_preview()
        self.assertEqual(
            self._tiers(setup), {self.tier_high: 4, self.tier_mid: 2, self.tier_low: 4}
        )
        self.assertEqual(
            [tier["present"] for tier in setup.preview["tiers"]], [2, 4, 4]
        )
        moved = customers[2] + customers[3]  # 1000 - 2 * 90 and 1000 - 3 * 90
        self.assertEqual(
            setup.preview["moves"],
            [
                {
                    "from_id": self.tier_mid.id,
                    "to_id": self.tier_high.id,
                    "customers": 2,
                    "revenue": "1550.00",
                }
            ],
        )
        self.assertEqual(
            [mover["partner_id"] for mover in setup.preview["movers"]], moved.ids
        )
        html = str(setup.preview_html)
        self.assertIn("2 of them would change tier", html)
        self.assertIn(customers[2].name, html)

    def test_a_tier_set_by_hand_stays(self):
        customers = self._ladder()
        self._run()
        self.env["crm.value.override"].create(
            {
                "company_id": self.company.id,
                "partner_id": customers[9].id,
                "tier_id": self.tier_high.id,
                "reason": "They told us so",
                "date_from": self.as_of,
            }
        )
        setup = self._setup()
        setup.action_preview()
        self.assertEqual(
            self._tiers(setup), {self.tier_high: 3, self.tier_mid: 4, self.tier_low: 3}
        )
        self.assertFalse(setup.preview["moves"])

    def test_without_tiers_so_far(self):
        self._ladder()
        setup = self._setup()
        setup.action_preview()
        self.assertFalse(setup.preview["moves"])
        self.assertIn("everybody would get a first one", str(setup.preview_html))

    def test_names_that_the_user_may_not_see(self):
        customers = self._ladder()
        setup = self._setup()
        setup.action_preview()
        hidden = customers[0]
        self.assertIn(hidden.name, str(setup.preview_html))
        elsewhere = self._create_company("Value Test Elsewhere")
        hidden.company_id = elsewhere
        setup.invalidate_recordset()
        self.assertNotIn(hidden.name, str(setup.preview_html))

    # ---------------------------------------------------------------- warnings
    def test_nobody_has_bought(self):
        setup = self._setup()
        setup.action_preview()
        self.assertIn("Nobody has bought yet", str(setup.preview_html))
        setup.action_save()

    def test_too_few_customers(self):
        self._ladder()
        setup = self._setup(min_customers=11)
        setup.action_preview()
        html = str(setup.preview_html)
        self.assertIn("10 have bought, and scores and tiers stay empty below 11", html)
        self.assertIn("No customer has bought twice", html)
        self.assertEqual(
            self._tiers(setup)[self.env["crm.value.tier"].browse(None)], 10
        )

    def test_rule_of_thumb(self):
        customers = self._ladder()
        self._buy(customers[0], date(2026, 1, 1), 5)
        setup = self._setup()
        setup.action_preview()
        self.assertIn(
            "1 customers have bought twice; the forecast needs 30",
            str(setup.preview_html),
        )

    def test_most_are_idle(self):
        """A period too short to tell the customers apart."""
        self._ladder()
        setup = self._setup()
        setup.window_days = 100  # the first four bought 5, 35, 65 and 95 days ago
        setup.action_preview()
        sentence = "6 customers have not bought in the period of 100 days"
        self.assertIn(sentence, str(setup.preview_html))
        setup.window_days = 150
        setup.action_preview()
        self.assertNotIn("have not bought in the period", str(setup.preview_html))

    def test_empty_tier(self):
        self._ladder()
        setup = self._setup(tier_rule="clv")
        setup.action_preview()
        self.assertIn("Nobody would be in: High and Mid", str(setup.preview_html))

    def test_currency_without_rate(self):
        """Refused until the rate is there, or the manager decides to do without."""
        customers = self._ladder()
        strange = self.env["res.currency"].create({"name": "XXW", "symbol": "W"})
        self._buy(customers[0], date(2026, 6, 1), 100, currency=strange)
        setup = self._setup()
        setup.action_preview()
        self.assertEqual(setup.without_rate_count, 1)
        self.assertIn("(XXW) and do not count", str(setup.preview_html))
        with self.assertRaisesRegex(UserError, r"without an exchange rate \(XXW\)"):
            setup.action_save()
        setup.leave_out = True
        setup.action_save()
        self.env["res.currency.rate"].create(
            {
                "currency_id": strange.id,
                "company_id": self.company.id,
                "name": date(2026, 1, 1),
                "rate": 2,
            }
        )
        setup.action_preview()
        self.assertFalse(setup.without_rate_count)

    # ------------------------------------------------------------------ saving
    def test_saving_makes_a_version(self):
        self._ladder()
        first = self._set_model()
        setup = self._setup(preset="spend", schedule="weekly")
        setup.tier_line_ids.sorted()[0].share = 15
        setup.action_preview()
        setup.action_save()
        today = date(2026, 6, 30)
        second = self.env["crm.value.policy"]._get_for_company(self.company, today)
        self.assertNotEqual(second, first)
        self.assertRecordValues(
            first + second,
            [
                {"date_to": today, "weight_monetary": 30, "schedule": "monthly"},
                {"date_to": False, "weight_monetary": 50, "schedule": "weekly"},
            ],
        )
        self.assertEqual(first.tier_line_ids.sorted()[0].share, 20)
        self.assertEqual(second.tier_line_ids.sorted()[0].share, 15)
        self.assertEqual(second.create_uid, self.manager)

    def test_saving_twice_on_a_day(self):
        """The second change of a day goes into the version that the first one made."""
        self._set_model()
        self._setup(preset="spend").action_save()
        setup = self._setup(preset="recency")
        setup.tier_line_ids.sorted()[0].share = 10
        setup.action_save()
        versions = self.env["crm.value.policy"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertEqual(len(versions), 2)
        self.assertEqual(versions[0].weight_recency, 50)
        self.assertEqual(
            versions[0].tier_line_ids.sorted().mapped("share"), [10, 30, 50]
        )

    def test_saving_nothing_new(self):
        model = self._set_model()
        action = self._setup().action_save()
        self.assertEqual(action["params"]["message"], "Nothing has changed.")
        self.assertEqual(
            self.env["crm.value.policy"].search([("company_id", "=", self.company.id)]),
            model,
        )

    def test_another_company_keeps_its_model(self):
        other = self._create_company("Value Test Other Company")
        model = self._set_model(company=other)
        self._setup(preset="spend").action_save()
        self.assertFalse(model.date_to)

    # ------------------------------------------------------------------ access
    def test_only_managers(self):
        for user in (self.seller, self.outsider, self.portal):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env["crm.value.setup"].with_user(user).create({})

    def test_own_companies_only(self):
        """The engine reads as the system; the set-up does not let it look elsewhere."""
        other = self._create_company("Value Test Other Company")
        setups = self.env["crm.value.setup"].with_user(self.manager)
        with self.assertRaisesRegex(AccessError, "your own companies"):
            setups.create({"company_id": other.id})
        mine = setups.create({})
        with self.assertRaisesRegex(AccessError, "your own companies"):
            mine.write({"company_id": other.id})
        # one that was made while the user still worked there
        self.manager.company_ids += other
        there = {"allowed_company_ids": other.ids}
        foreign = setups.with_context(**there).create({})
        foreign = foreign.with_context(allowed_company_ids=self.company.ids)
        for action in ("action_preview", "action_save", "action_save_and_compute"):
            with (
                self.subTest(action=action),
                self.assertRaisesRegex(AccessError, "your own companies"),
            ):
                getattr(foreign, action)()

    # ---------------------------------------------------------------- meanwhile
    def test_what_others_saved_meanwhile_stays(self):
        """Only what was changed here is written, whatever was saved since the opening."""
        model = self._set_model(margin_rate=40)
        first, second = self._setup(), self._setup()
        second.margin_rate = 41
        second.tier_line_ids.sorted()[0].share = 15
        second.action_save()
        first.hysteresis = 7
        first.action_save()
        present = self.env["crm.value.policy"]._find_for_company(
            self.company, self.company._get_value_today()
        )
        self.assertNotEqual(present, model)
        self.assertEqual((present.margin_rate, present.hysteresis), (41, 7))
        self.assertEqual(present.tier_line_ids.sorted()[0].share, 15)

    def test_the_same_changed_by_two(self):
        self._set_model(margin_rate=40)
        first, second, third = self._setup(), self._setup(), self._setup()
        second.margin_rate = 41
        second.action_save()
        first.margin_rate = 42
        with self.assertRaisesRegex(UserError, "Somebody else.*Margin"):
            first.action_save()
        third.margin_rate = 41  # to the same: nobody minds
        third.action_save()

    def test_empty_list_offers_it_to_managers(self):
        profiles = self.env["crm.value.profile"]
        link = "crm_value_tiering.crm_value_setup_action"
        self.assertIn(
            link, profiles.with_user(self.manager).get_empty_list_help("<p/>")
        )
        self.assertEqual(
            profiles.with_user(self.seller).get_empty_list_help("<p/>"), "<p/>"
        )
        self._ladder()
        self._run()
        self.assertEqual(
            profiles.with_user(self.manager).get_empty_list_help("<p/>"),
            "<p/>",
            "an empty filter is no empty company",
        )


@tagged("post_install", "-at_install")
class TestValueSchedule(ValueCommon):
    """When the nightly action computes a company again."""

    def _due(self, today):
        self.env.flush_all()
        # Four in the morning in London is noon in Shanghai.
        with freeze_time(f"{today} 04:00:00"):
            return self.company in self.env["crm.value.run"]._get_companies_to_compute()

    def test_due(self):
        self._ladder()
        self.assertTrue(self._due(self.as_of), "never computed")
        self._run()  # Tuesday, 30 June 2026
        for schedule, due, not_due in (
            ("daily", "2026-07-01", "2026-06-30"),
            ("weekly", "2026-07-06", "2026-07-05"),
            ("monthly", "2026-07-01", "2026-06-30"),
        ):
            with self.subTest(schedule=schedule):
                self._set_model(schedule=schedule)
                self.assertTrue(self._due(due))
                self.assertFalse(self._due(not_due))

    def test_changed_customers_are_not_all(self):
        """The hourly job computes some; the scheduled computation of all stays due."""
        customers = self._ladder()
        with freeze_time("2026-06-30 04:00:00"):
            self._run()
        with freeze_time("2026-07-01 04:00:00"):
            self._buy(customers[0], date(2026, 7, 1), 10)
            self.env.flush_all()
            changes = self.env["crm.value.run"]._recompute_changes(
                self.company, date(2026, 7, 1)
            )
            self.assertEqual((changes.kind, changes.state), ("changes", "done"))
        self.assertTrue(self._due("2026-07-01"))

    def test_the_companys_own_midnight(self):
        """At 17:00 UTC on the 30th it is July in Shanghai."""
        self._ladder()
        self._run()
        runs = self.env["crm.value.run"]
        with freeze_time("2026-06-30 15:59:00"):
            self.assertNotIn(self.company, runs._get_companies_to_compute())
        with freeze_time("2026-06-30 16:01:00"):
            self.assertIn(self.company, runs._get_companies_to_compute())

    def test_a_past_day_is_not_the_present(self):
        """Tiers computed for a day of last month come back by themselves."""
        self._ladder()
        self._run()
        self._run(self.as_of - timedelta(days=40))
        self.assertTrue(self._due("2026-06-30"))
