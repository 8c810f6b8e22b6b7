import io
from datetime import timedelta

import openpyxl

from odoo.tests import HttpCase, tagged

from .common import ValueCommon


@tagged("post_install", "-at_install")
class TestValueTours(ValueCommon, HttpCase):
    """What a team does each month, in a browser.

    The browser's clock cannot be stopped, so the book ends today. The company lives in
    the browser's time zone: "this month" is the same month for both.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "UTC"
        cls.as_of = cls.company._get_value_today()

    def test_moves(self):
        customers = self._ladder()
        self._run(self.as_of - timedelta(days=1))
        self._buy(customers[9], self.as_of, 10000)
        self._run(self.as_of)
        self.start_tour("/odoo", "crm_value_moves", login="value_seller")

    def test_excel(self):
        """The file arrives in the browser; what it holds is read here."""
        self._ladder()
        self._run()
        self.seller.group_ids += self.env.ref("base.group_allow_export")
        self.start_tour("/odoo", "crm_value_excel", login="value_seller")
        export = self.env["crm.value.export"].search(
            [("create_uid", "=", self.seller.id)]
        )
        self.assertEqual(len(export), 1)
        self.authenticate("value_seller", "value_seller")
        response = self.url_open(f"/crm_value_tiering/export/{export.id}")
        sheet = openpyxl.load_workbook(io.BytesIO(response.content)).active
        header, *rows = sheet.iter_rows(values_only=True)
        customer, tier = header.index("Customer"), header.index("Tier")
        self.assertEqual(
            [(row[customer], row[tier]) for row in rows],
            [("Value Test Rung 0", "High"), ("Value Test Rung 3", "Mid")],
        )

    def test_accuracy(self):
        self._population(150)
        self.start_tour("/odoo", "crm_value_accuracy", login="value_manager")
        holdout = self.env["crm.value.holdout"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertRecordValues(
            holdout, [{"state": "done", "create_uid": self.manager.id}]
        )


@tagged("post_install", "-at_install")
class TestValueOnboarding(ValueCommon, HttpCase):
    """The first steps of a salesperson, as Odoo offers them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tour = cls.env.ref("crm_value_tiering.crm_value_tour")
        customers = cls._ladder()
        cls._run()
        cls.env["crm.lead"].create(
            {
                "name": "Value Test Deal",
                "type": "opportunity",
                "partner_id": customers[0].id,
                "company_id": cls.company.id,
                "user_id": cls.seller.id,
            }
        )

    def test_offered_once(self):
        """To whom switched "Onboarding" on, after Odoo's own tours, until it is done."""
        tours = self.env["web_tour.tour"].with_user(self.seller)
        self.seller.tour_enabled = True
        others = tours.search([("custom", "=", False)]).sudo() - self.tour
        others.user_consumed_ids += self.seller
        offered = tours.get_current_tour()
        self.assertEqual(offered["name"], "crm_value_tour")
        self.assertIn("the best first", offered["rainbowManMessage"])
        self.assertFalse(tours.consume("crm_value_tour"))

    def test_menu_starts_it(self):
        action = self.env.ref("crm_value_tiering.menu_value_tour").action
        self.assertEqual(action.url, f"/odoo?tour={self.tour.name}")
        menus = self.env["ir.ui.menu"]
        for user, shown in ((self.seller, True), (self.outsider, False)):
            visible = menus.with_user(user)._visible_menu_ids()
            entry = self.env.ref("crm_value_tiering.menu_value_root").id
            self.assertEqual(entry in visible, shown)

    def test_steps(self):
        self.start_tour("/odoo", "crm_value_tour", login="value_seller")

    def test_steps_in_chinese(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.seller.lang = "zh_CN"
        self.start_tour("/odoo", "crm_value_tour", login="value_seller")
