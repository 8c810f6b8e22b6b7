from datetime import date, timedelta

import psycopg2

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged
from odoo.tools import SQL, mute_logger

from .common import ValueCommon


@tagged("post_install", "-at_install")
class TestValueModelChecks(ValueCommon):
    """What a value model refuses, and the sentence that says why."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls._set_model()

    def _line_commands(self, field, **values):
        """Commands that set ``field`` of the lines, by name of the tier."""
        tiers = {"high": self.tier_high, "mid": self.tier_mid, "low": self.tier_low}
        lines = {line.tier_id: line for line in self.model.tier_line_ids}
        return [
            Command.update(lines[tiers[name]].id, {field: value})
            for name, value in values.items()
        ]

    def test_refused(self):
        shares = self._line_commands("share", high=50, mid=50, low=1)
        same_score = self._line_commands("min_score", high=60, mid=60)
        same_clv = self._line_commands("min_clv", high=100, mid=200)
        one_tier = [
            Command.delete(line.id) for line in self.model.tier_line_ids.sorted()[1:]
        ]
        refusals = [
            ({"weight_recency": 31}, "sum to 101 %"),
            ({"weight_recency": -10, "weight_variety": 50}, "between 0 and 100"),
            ({"window_days": -1}, "must be between 0 and 36,500"),
            ({"new_days": 0}, "must be between 1 and 36,500"),
            ({"new_days": 90, "lost_days": 90}, "must be larger than “New for”"),
            ({"min_customers": 1}, "must be between 2 and 1,000,000"),
            ({"min_repeaters": 9}, "must be between 10 and 1,000,000"),
            ({"horizon_years": 0}, "must be between 1 and 10"),
            ({"horizon_years": 11}, "must be between 1 and 10"),
            ({"hysteresis": -0.5}, "must be between 0 and 100"),
            ({"margin_rate": 100.5}, "must be between 0 and 100"),
            ({"discount_rate": -1}, "must be between 0 and 1,000"),
            ({"decline_rate": 101}, "must be between 0 and 100"),
            ({"churn_medium": 60, "churn_high": 60}, "begin above medium risk"),
            ({"tier_line_ids": shares}, "shares of the tiers sum to 101.0 %"),
            ({"tier_rule": "score", "tier_line_ids": same_score}, "tiers overlap"),
            ({"tier_rule": "clv", "tier_line_ids": same_clv}, "tiers overlap"),
            ({"tier_line_ids": one_tier}, "at least two tiers"),
            ({"date_to": date(2000, 1, 1)}, "would end before it begins"),
        ]
        for values, sentence in refusals:
            with (
                self.subTest(values=values),
                self.assertRaisesRegex(ValidationError, sentence),
                self.env.cr.savepoint(),
            ):
                self.model.write(values)

    def test_accepted_at_the_limits(self):
        """The nearest values that are all right."""
        scores = self._line_commands("min_score", high=60, mid=59.99)
        self.model.write(
            {
                "weight_recency": 100,
                "weight_frequency": 0,
                "weight_monetary": 0,
                "weight_variety": 0,
                "window_days": 0,
                "new_days": 1,
                "lost_days": 2,
                "min_customers": 2,
                "min_repeaters": 10,
                "horizon_years": 10,
                "hysteresis": 100,
                "discount_rate": 1000,
                "churn_medium": 0,
                "churn_high": 100,
                "tier_rule": "score",
                "tier_line_ids": scores,
            }
        )
        self.assertEqual(self.model.tier_line_ids.sorted()[1].min_score, 59.99)

    def test_tiers_of_another_rule_may_overlap(self):
        """Limits that are not in use do not get in the way."""
        self.model.write(
            {"tier_line_ids": self._line_commands("min_clv", high=1, mid=2)}
        )
        self.assertEqual(self.model.tier_rule, "share_customers")

    @mute_logger("odoo.sql_db")
    def test_refused_by_the_database(self):
        tier = self.env["crm.value.tier"]
        line = self.model.tier_line_ids[0]
        with self.assertRaises(psycopg2.IntegrityError):
            line.copy()
        self.env.flush_all()
        for record, column, value in (
            (line, "share", 101),
            (line, "min_score", -1),
            (line, "min_clv", -0.01),
            (tier, "default_share", 101),
            (tier, "default_min_score", 101),
        ):
            with (
                self.subTest(column=column),
                self.assertRaises(psycopg2.IntegrityError),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(
                    SQL(
                        "UPDATE %s SET %s = %s",
                        SQL.identifier(record._table),
                        SQL.identifier(column),
                        value,
                    )
                )

    def test_line_changed_alone(self):
        """A remote caller writes the line, not the model: the same holds."""
        lines = self.model.with_user(self.manager).tier_line_ids.sorted()
        vals = {"policy_id": self.model.id, "tier_id": self._create_tier().id}
        for change in (
            lambda: lines[0].write({"share": 51}),
            lambda: lines[0].with_context(crm_value_lines={}).write({"share": 51}),
            lambda: lines.create({**vals, "share": 1}),
            lambda: lines[1:].unlink(),
        ):
            with (
                self.assertRaisesRegex(ValidationError, "sum to|at least two tiers"),
                self.env.cr.savepoint(),
            ):
                change()
        lines[0].share = 10
        self.model.write(
            {"tier_line_ids": self._line_commands("share", high=50, mid=0)}
        )
        self.assertEqual(sum(lines.mapped("share")), 100)

    def test_line_stays_in_its_model(self):
        """It would decide the tiers of a company that is not ours."""
        other = self._create_company("Value Test Other Company")
        foreign = self._set_model(company=other)
        line = self.model.with_user(self.manager).tier_line_ids[0]
        with self.assertRaisesRegex(UserError, "cannot be moved"):
            line.policy_id = foreign
        with self.assertRaises(AccessError):
            line.create(
                {
                    "policy_id": foreign.id,
                    "tier_id": self._create_tier().id,
                    "share": 0,
                }
            )
        self.assertEqual(len(foreign.tier_line_ids), 3)
        line.write({"policy_id": self.model.id})  # where it is already

    def test_line_of_somebody_elses_guide(self):
        """Others' dialogs do not get lines either."""
        theirs = self.env["crm.value.setup"].with_user(self.manager).create({})
        second = self._create_user("value_second", "sales_team.group_sale_manager")
        mine = self.env["crm.value.setup"].with_user(second).create({})
        with self.assertRaisesRegex(UserError, "cannot be moved"):
            mine.tier_line_ids[0].setup_id = theirs.id
        with self.assertRaises(AccessError):
            mine.tier_line_ids.create(
                {"setup_id": theirs.id, "tier_id": self._create_tier().id}
            )

    def _create_tier(self):
        return self.env["crm.value.tier"].create({"name": "Value Test Tier"})

    def test_ends_before_it_begins(self):
        """A sentence at once, where PostgreSQL would refuse the range."""
        days = {"date_from": "2030-01-02", "date_to": "2030-01-01"}
        with self.assertRaisesRegex(ValidationError, "would end before it begins"):
            self.model.create({**days, "name": "Value Test Model"})

    @mute_logger("odoo.sql_db")
    def test_no_two_versions_on_one_day(self):
        with self.assertRaises(psycopg2.errors.ExclusionViolation):
            self.model.copy({"date_from": date(2030, 1, 1)})

    def test_same_days_in_another_company(self):
        """The periods of two companies have nothing to do with each other."""
        other = self._create_company("Value Test Other Company")
        model = self.model.copy({"company_id": other.id})
        self.assertEqual(model.date_from, self.model.date_from)


@tagged("post_install", "-at_install")
class TestValueModelVersions(ValueCommon):
    """Which version holds on which day."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.models = cls.env["crm.value.policy"]

    @freeze_time("2026-06-30 20:00:00")
    def test_created_when_first_needed(self):
        """With the tiers' own proposals, from the company's local day on."""
        self.assertFalse(self.models.search([("company_id", "=", self.company.id)]))
        model = self.models._get_for_company(self.company, self.as_of)
        self.assertRecordValues(
            model,
            [
                {
                    "company_id": self.company.id,
                    "date_from": date(2026, 7, 1),
                    "date_to": False,
                    "source": "sale",
                    "tier_rule": "share_customers",
                }
            ],
        )
        self.assertEqual(
            model.tier_line_ids.tier_id, self.models.env["crm.value.tier"].search([])
        )
        self.assertRecordValues(
            model.tier_line_ids.sorted(),
            [
                {
                    "share": line.tier_id.default_share,
                    "min_score": line.tier_id.default_min_score,
                    "min_clv": line.tier_id.default_min_clv,
                }
                for line in model.tier_line_ids.sorted()
            ],
        )
        self.assertEqual(self.models._get_for_company(self.company, self.as_of), model)

    def test_same_day_in_place(self):
        model = self._set_model(window_days=365)
        revised = model._revise({"window_days": 180}, model.date_from)
        self.assertEqual(revised, model)
        self.assertEqual(model.window_days, 180)
        self.assertFalse(model.date_to)

    def test_later_day_makes_a_version(self):
        model = self._set_model(
            limits={self.tier_high: {"share": 11}}, window_days=365, source="invoice"
        )
        day = date(2026, 7, 1)
        revised = model._revise({"window_days": 180}, day)
        self.assertNotEqual(revised, model)
        self.assertRecordValues(
            model + revised,
            [
                {"date_from": date(2000, 1, 1), "date_to": day, "window_days": 365},
                {"date_from": day, "date_to": False, "window_days": 180},
            ],
        )
        self.assertEqual(revised.source, "invoice")
        self.assertEqual(
            revised._get_parameters()["tiers"], model._get_parameters()["tiers"]
        )
        self.assertNotEqual(revised.tier_line_ids, model.tier_line_ids)
        self.assertEqual(revised.tier_line_ids.sorted()[0].share, 11)
        # half-open: the day of the change belongs to the new version
        for asked, expected in (
            (day - timedelta(days=1), model),
            (day, revised),
            (date(2040, 1, 1), revised),
        ):
            self.assertEqual(
                self.models._get_for_company(self.company, asked), expected
            )

    def test_no_change_no_version(self):
        model = self._set_model()
        values = {"window_days": model.window_days, "source": model.source}
        self.assertEqual(model._revise(values, date(2026, 7, 1)), model)
        self.assertEqual(model._revise({}, date(2026, 7, 1)), model)
        self.assertFalse(model.date_to)

    def test_change_between_two_versions(self):
        """A change before a planned version holds until that one begins."""
        model = self._set_model()
        planned = model._revise({"window_days": 90}, date(2026, 12, 1))
        between = model._revise({"window_days": 180}, date(2026, 7, 1))
        self.assertRecordValues(
            model + between + planned,
            [
                {"date_from": date(2000, 1, 1), "date_to": date(2026, 7, 1)},
                {"date_from": date(2026, 7, 1), "date_to": date(2026, 12, 1)},
                {"date_from": date(2026, 12, 1), "date_to": False},
            ],
        )

    def test_before_the_first_version(self):
        """History from before the installation is measured with the first version."""
        model = self._set_model()
        model.date_from = date(2026, 1, 1)
        later = model._revise({"window_days": 90}, date(2026, 7, 1))
        self.assertEqual(
            self.models._get_for_company(self.company, date(1997, 9, 30)), model
        )
        self.assertEqual(
            self.models._get_for_company(self.company, date(2026, 7, 1)), later
        )

    def test_run_keeps_what_it_was_computed_with(self):
        """A change of the model does not rewrite what an earlier run says."""
        self._ladder()
        run = self._run()
        self.models._get_for_company(self.company, self.as_of).write(
            {"weight_recency": 60, "weight_monetary": 0}
        )
        self.assertEqual(run.parameters["weight_recency"], 30)
        self.assertEqual(run.parameters["tiers"][0]["tier_id"], self.tier_high.id)
        self.assertEqual(self._run().parameters["weight_recency"], 60)
