from datetime import date

from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from .common import ValueCommon


@tagged("post_install", "-at_install")
class TestValueDigest(ValueCommon):
    """Two new customers in June; one fell a tier, one rose."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._ladder()
        cls._run(as_of=date(2026, 5, 15))
        cls.late = cls._create_customer("Value Test Late")
        cls._buy(cls.late, date(2026, 6, 25), 5000)
        cls._run(as_of=date(2026, 6, 30))
        cls.changes = cls.env["crm.value.transition"].search(
            [("company_id", "=", cls.company.id), ("date", "=", date(2026, 6, 30))]
        )
        cls.digest = cls.env["digest.digest"].create(
            {
                "name": "Value Test Digest",
                "company_id": cls.company.id,
                "kpi_mail_message_total": False,
                "kpi_res_users_connected": False,
                "kpi_value_new_customers": True,
                "kpi_value_moved_up": True,
                "kpi_value_moved_down": True,
            }
        )

    def _get_kpis(self, user):
        """What stands in the e-mail: by name, last day, 7 days, 30 days."""
        kpis = self.digest._compute_kpis(self.company, user)
        return {
            kpi["kpi_name"]: [kpi[f"kpi_col{number}"]["value"] for number in (1, 2, 3)]
            for kpi in kpis
        }

    @freeze_time("2026-07-01 06:00:00")
    def test_figures_of_the_mail(self):
        moved = self.changes.grouped("direction")
        up, down = len(moved.get("up", ())), len(moved.get("down", ()))
        self.assertTrue(up + down, "nobody moved: the test shows nothing")
        self.assertEqual(
            self._get_kpis(self.seller),
            {
                # rung 0 bought on 25 June, too
                "kpi_value_new_customers": [0, 2, 2],
                "kpi_value_moved_up": [up, up, up],
                "kpi_value_moved_down": [down, down, down],
            },
        )

    @freeze_time("2026-07-01 06:00:00")
    def test_changes_of_a_merged_contact_are_not_counted(self):
        self.changes.is_merged = True
        kpis = self._get_kpis(self.manager)
        self.assertEqual(kpis["kpi_value_moved_up"], [0, 0, 0])
        self.assertEqual(kpis["kpi_value_moved_down"], [0, 0, 0])

    @freeze_time("2026-07-01 06:00:00")
    def test_another_company(self):
        other = self._create_company("Value Test Other Company")
        self.digest.company_id = other
        self.manager.company_ids += other
        kpis = self.digest._compute_kpis(other, self.manager)
        self.assertEqual({kpi["kpi_col3"]["value"] for kpi in kpis}, {0})

    @freeze_time("2026-07-01 06:00:00")
    def test_left_out_for_others(self):
        """Who may not see values gets the e-mail without these figures."""
        self.assertEqual(self._get_kpis(self.outsider), {})
        with self.assertRaises(AccessError):
            self.digest.with_user(self.outsider).kpi_value_moved_up_value  # noqa: B018

    def test_a_click_leads_there(self):
        actions = self.digest._compute_kpis_actions(self.company, self.seller)
        for name in ("new_customers", "moved_up", "moved_down"):
            xml_id = actions[f"kpi_value_{name}"].partition("?")[0]
            self.assertEqual(self.env.ref(xml_id)._name, "ir.actions.act_window")
