from datetime import date

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, freeze_time, tagged

from .common import ValueCommon


@freeze_time("2026-06-30 20:00:00")  # 1 July, in Shanghai
@tagged("post_install", "-at_install")
class TestValueSettings(ValueCommon):
    """The settings page: the value model of the current company, versioned."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = date(2026, 7, 1)
        cls.model = cls._set_model()
        cls.boss = cls._create_user(
            "value_boss", "sales_team.group_sale_manager,base.group_system"
        )
        # An administrator of the database who has no say in the value of customers.
        cls.admin = cls._create_user("value_admin", "base.group_system")

    def _settings(self, user, **values):
        return self.env["res.config.settings"].with_user(user).create(values)

    def _get_models(self):
        return self.env["crm.value.policy"].search(
            [("company_id", "=", self.company.id)], order="date_from"
        )

    def test_shows_the_model(self):
        self.model.write({"window_days": 200, "source": "invoice"})
        settings = self._settings(self.boss)
        for name, source in settings._get_value_settings().items():
            self.assertEqual(settings[name], self.model[source], name)
        self.assertEqual(settings.crm_value_window_days, 200)
        self.assertEqual(settings.crm_value_policy_id, self.model)
        self.assertEqual(settings.crm_value_timezone, "Asia/Shanghai")
        labels = dict(
            settings._fields["crm_value_source"]._description_selection(self.env)
        )
        self.assertEqual(set(labels), {"sale", "invoice"})

    def test_every_setting_has_a_field_of_the_model(self):
        fields = self.env["crm.value.policy"]._fields
        mapping = self.env["res.config.settings"]._get_value_settings()
        self.assertGreater(len(mapping), 10)
        self.assertLessEqual(set(mapping.values()), set(fields))

    def test_save_begins_a_version(self):
        settings = self._settings(
            self.boss, crm_value_window_days=180, crm_value_source="invoice"
        )
        settings.execute()
        self.assertRecordValues(
            self._get_models(),
            [
                {
                    "date_from": date(2000, 1, 1),
                    "date_to": self.today,
                    "window_days": 365,
                    "source": "sale",
                },
                {
                    "date_from": self.today,
                    "date_to": False,
                    "window_days": 180,
                    "source": "invoice",
                },
            ],
        )
        first, second = self._get_models()
        self.assertEqual(
            first._get_parameters()["tiers"], second._get_parameters()["tiers"]
        )

    def test_save_twice(self):
        """Saving without a change makes no version, a second change none either."""
        self._settings(self.boss).execute()
        self.assertEqual(self._get_models(), self.model)
        self._settings(self.boss, crm_value_window_days=180).execute()
        changed = self._get_models()
        self.assertEqual(len(changed), 2)
        self._settings(self.boss).execute()
        self._settings(self.boss, crm_value_window_days=90).execute()
        self.assertEqual(self._get_models(), changed)
        self.assertEqual(changed.mapped("window_days"), [365, 90])

    def test_created_when_first_saved(self):
        """A company that has no model yet is shown the defaults; looking keeps none."""
        other = self._create_company("Value Test Other Company")
        self.boss.company_ids += other
        settings = (
            self.env["res.config.settings"]
            .with_user(self.boss)
            .with_context(allowed_company_ids=other.ids)
            .create({})
        )
        self.assertEqual(settings.crm_value_weight_variety, 10)
        self.assertFalse(settings.crm_value_policy_id)
        policies = self.env["crm.value.policy"]
        self.assertFalse(policies.search([("company_id", "=", other.id)]))
        settings.execute()
        self.assertTrue(policies.search([("company_id", "=", other.id)]))

    def test_refused(self):
        """What the model refuses, the page refuses: nothing is saved."""
        with (
            self.assertRaisesRegex(ValidationError, "sum to 101 %"),
            self.env.cr.savepoint(),
        ):
            self._settings(self.boss, crm_value_weight_recency=31).execute()
        self.assertRecordValues(
            self._get_models(), [{"date_to": False, "weight_recency": 30}]
        )

    def test_administrator_without_a_say(self):
        """Saving other settings leaves the value model alone."""
        with self.assertRaises(AccessError):
            self._settings(self.admin, crm_value_window_days=1)
        settings = self._settings(self.admin)
        settings.execute()
        self.assertEqual(self._get_models(), self.model)
        self.assertEqual(self.model.window_days, 365)
        self.assertFalse(settings.sudo().crm_value_policy_id)
        with self.assertRaises(AccessError):
            settings.action_open_value_model()

    def test_others(self):
        for user in (self.seller, self.outsider, self.portal):
            with self.assertRaises(AccessError):
                self._settings(user)

    def test_page(self):
        """The page opens, for a boss with the block and for others without."""
        form = Form(self.env["res.config.settings"].with_user(self.boss))
        self.assertEqual(form.crm_value_window_days, 365)
        form.crm_value_window_days = 30
        form.save().execute()
        self.assertEqual(self._get_models()[-1].window_days, 30)
        arch = self.env["res.config.settings"].with_user(self.admin).get_view()["arch"]
        self.assertNotIn("crm_value_window_days", arch)

    def test_button(self):
        action = self._settings(self.boss).action_open_value_model()
        self.assertEqual(action["res_id"], self.model.id)
        form = Form(self.model.with_user(self.manager))
        with form.tier_line_ids.edit(0) as line:
            line.share = 15
        form.save()
        self.assertEqual(self.model.tier_line_ids.sorted()[0].share, 15)
