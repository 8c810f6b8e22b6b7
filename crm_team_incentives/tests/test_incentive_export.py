import csv
import io
from datetime import date

import openpyxl

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged

from odoo.addons.base.tests.common import DISABLED_MAIL_CONTEXT

from .common import IncentiveCommon


@tagged("post_install", "-at_install")
class TestIncentiveExport(IncentiveCommon, HttpCase):
    """What payroll and finance get: numbers, and names that are no formulas."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_plan(cls._percent(10))
        cls.march = cls._period(3)
        cls._sell(date(2024, 3, 10), 1234.5)
        cls.rep.with_context(**DISABLED_MAIL_CONTEXT).name = '=HYPERLINK("http://x")'
        cls.other.name = "@SUM(A1)"
        cls._close(cls.march)
        for user in (cls.boss, cls.rep):
            user.group_ids += cls.env.ref("base.group_allow_export")

    def _get_csv(self, login):
        self.authenticate(login, login)
        return self.url_open(f"/crm_team_incentives/payout/{self.march.id}")

    def test_csv(self):
        response = self._get_csv("incentive_m")
        self.assertEqual(response.status_code, 200)
        rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
        self.assertEqual(
            sorted(rows[1:]),
            [
                [
                    "2024-03-01", "incentive_r1", "'=HYPERLINK(\"http://x\")", "XVT",
                    "123.45",
                ],
                ["2024-03-01", "incentive_r2", "'@SUM(A1)", "XVT", "0.00"],
            ],
        )  # fmt: skip

    def test_csv_own_only(self):
        rows = self._get_csv("incentive_r1").content.decode("utf-8-sig").splitlines()
        self.assertEqual(len(rows), 2)
        self.assertIn("123.45", rows[1])

    def test_csv_rights(self):
        self.assertEqual(self._get_csv("incentive_r2").status_code, 404)
        self.assertEqual(self._get_csv("value_portal").status_code, 404)
        self.assertEqual(
            self.url_open("/crm_team_incentives/payout/0").status_code, 404
        )

    def test_csv_of_an_open_period(self):
        self.march = self._period(4)
        response = self._get_csv("incentive_m")
        self.assertNotEqual(response.status_code, 200)

    def test_xlsx(self):
        action = self.march.with_user(self.boss).action_export_xlsx()
        export = self.env["crm.value.export"].browse(
            int(action["url"].rsplit("/", 1)[1])
        )
        output = io.BytesIO()
        export.with_user(self.boss)._write_xlsx(output)
        sheet = openpyxl.load_workbook(output).active
        header, *rows = sheet.iter_rows(values_only=True)
        rows = [dict(zip(header, row, strict=True)) for row in rows]
        by_name = {row["Person"]: row for row in rows}
        self.assertEqual(by_name['=HYPERLINK("http://x")']["To Pay"], 123.45)
        self.assertEqual(sheet.cell(2, header.index("Person") + 1).data_type, "s")

    def test_xlsx_own_only(self):
        action = self.march.with_user(self.rep).action_export_xlsx()
        export = self.env["crm.value.export"].browse(
            int(action["url"].rsplit("/", 1)[1])
        )
        output = io.BytesIO()
        export.with_user(self.rep)._write_xlsx(output)
        self.assertEqual(openpyxl.load_workbook(output).active.max_row, 2)
        with self.assertRaises(AccessError):
            self.march.with_user(self.other).action_export_xlsx()
