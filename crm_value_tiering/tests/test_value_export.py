import io
from datetime import datetime
from zipfile import ZipFile

import openpyxl
from lxml import etree
from openpyxl.utils.escape import unescape

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..reports import XlsxTable
from ..wizards import crm_value_export
from .common import ValueCommon

EXPORT = "base.group_allow_export"


class ExportCommon(ValueCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls._ladder()
        cls.best = cls.customers[0]
        cls._run()
        cls.seller.group_ids += cls.env.ref(EXPORT)

    @classmethod
    def _parse(cls, content):
        """Header and rows of a workbook, each row a dict of cells by header."""
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        header, *rows = sheet.iter_rows()
        names = [cell.value for cell in header]
        return names, [dict(zip(names, row, strict=True)) for row in rows]


@tagged("post_install", "-at_install")
class TestValueExport(ExportCommon):
    """The tier list and the changes as Excel files: what is in them."""

    def _export(self, records, user=None, **context):
        """Rows of the file that the button gives."""
        records = records.with_user(user or self.seller).with_context(**context)
        action = records.action_export_xlsx()
        self.assertEqual(action["type"], "ir.actions.act_url")
        export_id = int(action["url"].rsplit("/", 1)[1])
        output = io.BytesIO()
        export = self.env["crm.value.export"].with_user(user or self.seller)
        export = export.with_context(**context).browse(export_id)
        export._write_xlsx(output)
        self.assertTrue(export._get_filename().endswith(".xlsx"))
        return self._parse(output.getvalue())[1]

    def test_profiles(self):
        """Every figure in its own kind of cell, and the reasons in words."""
        self.best.user_id = self.seller
        profile = self._profile(self.best)
        [row] = self._export(profile)
        values = {name: cell.value for name, cell in row.items()}
        self.assertEqual(values["Customer"], "Value Test Rung 0")
        self.assertEqual(values["Salesperson"], self.seller.name)
        self.assertEqual(values["Tier"], "High")
        self.assertEqual(values["Lifecycle Stage"], "New")
        self.assertEqual(values["Churn Risk"], "Low")
        self.assertEqual(values["Annual Revenue"], 1000)
        self.assertEqual(values["Purchases"], 1)
        self.assertEqual(values["Last Purchase"], datetime(2026, 6, 25))
        self.assertEqual(values["As of"], datetime(2026, 6, 30))
        self.assertAlmostEqual(values["Value Score"], profile.value_score)
        self.assertAlmostEqual(values["Buys Within a Year"], profile.p_buy_year)
        why = profile._get_explanation()
        self.assertEqual(values["Why"], " ".join(why["summary"]))
        self.assertEqual(values["Days Since Last Purchase"], 5)
        self.assertEqual(row["Annual Revenue"].number_format, '#,##0.00 "V"')
        self.assertEqual(row["Buys Within a Year"].number_format, "0.0%")
        self.assertTrue(row["Last Purchase"].is_date)

    def test_all_that_the_list_shows(self):
        """Without a selection the filter counts, and the order is the list's."""
        low = [
            ("tier_id", "=", self.tier_low.id),
            ("company_id", "=", self.company.id),
        ]
        rows = self._export(self.env["crm.value.profile"], active_domain=low)
        self.assertEqual(
            [row["Customer"].value for row in rows],
            [f"Value Test Rung {number}" for number in range(6, 10)],
        )
        everybody = self._export(self.env["crm.value.profile"])
        self.assertEqual(len(everybody), 10)

    def test_selection_beyond_what_the_client_names(self):
        """All of a long list selected: the client names only the first ones."""
        self.env["ir.config_parameter"].set_param("web.active_ids_limit", 3)
        some = self._profile(self.best) + self._profile(self.customers[1])
        domain = [("company_id", "=", self.company.id)]
        rows = self._export(some, active_domain=domain)
        self.assertEqual(len(rows), 2)
        some += self._profile(self.customers[2])
        self.assertEqual(len(self._export(some, active_domain=domain)), 10)

    def test_transitions(self):
        self._buy(self.customers[9], self.as_of, 10000)
        self._run()
        moved = self.env["crm.value.transition"].search(
            [("partner_id", "=", self.customers[9].id), ("direction", "=", "up")]
        )
        [row] = self._export(moved)
        values = {name: cell.value for name, cell in row.items()}
        self.assertEqual(
            [values[name] for name in ("Date", "Customer", "Kind", "Direction")],
            [datetime(2026, 6, 30), "Value Test Rung 9", "Tier", "Moved up"],
        )
        self.assertEqual((values["From Tier"], values["To Tier"]), ("Low", "High"))
        self.assertAlmostEqual(values["Score After"], moved.to_score)
        self.assertEqual(values["Reason"], "By the figures")

    def test_names_are_not_formulas(self):
        """Excel shows them as they are written; none is evaluated."""
        names = ["=1+1", "+1", "-1", "@SUM(1)", '=HYPERLINK("http://x")', "\t=1", "1e3"]
        for customer, name in zip(self.customers, names, strict=False):
            customer.name = name
        rows = self._export(self.env["crm.value.profile"])
        cells = [row["Customer"] for row in rows]
        self.assertLessEqual(
            {name.strip() for name in names}, {cell.value.strip() for cell in cells}
        )
        self.assertEqual({cell.data_type for cell in cells}, {"s"})

    def test_in_the_language_of_the_user(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.tier_high.with_context(lang="zh_CN").name = "高价值"
        field = self.env["ir.model.fields"]._get("crm.value.profile", "partner_id")
        field.with_context(lang="zh_CN").field_description = "客户"
        [row] = self._export(self._profile(self.best), lang="zh_CN")
        self.assertIn("高价值", [cell.value for cell in row.values()])
        self.assertIn("客户", row)

    def test_without_a_purchase(self):
        self.env["sale.order"].search(
            [("partner_id", "=", self.best.id)]
        ).order_line.product_uom_qty = -1
        self._run()
        [row] = self._export(self._profile(self.best))
        self.assertIsNone(row["Tier"].value)
        self.assertIsNone(row["Why"].value)
        self.assertGreater(row["Refunds"].value, 0)

    def test_other_companies_are_left_out(self):
        """Whatever the domain says, the rules of the user hold."""
        self._mirror_company(high=self.best, low=self.customers[1])
        rows = self._export(self.env["crm.value.profile"], active_domain=[])
        self.assertEqual({row["Company"].value for row in rows}, {self.company.name})
        self.assertEqual(len(rows), 10)

    def test_the_companies_that_the_list_shows(self):
        """The file is fetched without the choice at the top right: it is remembered."""
        mirror = self._mirror_company(high=self.best, low=self.customers[1])
        self.seller.company_ids += mirror
        one, both = self.company.ids, (self.company + mirror).ids
        for chosen, count in ((one, 10), (mirror.ids, 2), (both, 12)):
            profiles = self.env["crm.value.profile"].with_user(self.seller)
            action = profiles.with_context(
                allowed_company_ids=chosen, active_domain=[]
            ).action_export_xlsx()
            export = self.env["crm.value.export"].with_user(self.seller)
            export = export.with_context(allowed_company_ids=both).browse(
                int(action["url"].rsplit("/", 1)[1])
            )
            output = io.BytesIO()
            export._write_xlsx(output)
            self.assertEqual(len(self._parse(output.getvalue())[1]), count)
        self.seller.company_ids -= mirror
        with self.assertRaises(AccessError):
            export._write_xlsx(io.BytesIO())

    def test_the_companies_are_not_given(self):
        mirror = self._mirror_company(high=self.best, low=self.customers[1])
        exports = self.env["crm.value.export"].with_user(self.seller)
        export = exports.create(
            {"res_model": "crm.value.profile", "company_ids": mirror.ids}
        )
        self.assertEqual(export.company_ids, self.company.ids)

    @mute_logger("odoo.sql_db", "odoo.domains")
    def test_strange_filters(self):
        """Refused with a sentence when they are asked for, not with an error later."""
        exports = self.env["crm.value.export"].with_user(self.seller)
        for domain in (
            "x",
            5,
            ["|"],
            ["&", ["id", "=", 1]],
            [["no_such_field", "=", 1]],
            [["partner_id.no_such_field", "=", 1]],
            [["value_score", "=", "NaN and more"]],
            [["value_score", "nosuch", 1]],
            [["as_of", "=", "soon"]],
            [["id"]],
            [[5, "=", 1]],
            {"a": 1},
            [["tier_id", "any", 5]],
        ):
            with (
                self.subTest(domain=domain),
                self.assertRaisesRegex(UserError, "cannot be read"),
            ):
                exports.create(
                    {"res_model": "crm.value.profile", "record_domain": domain}
                )

    def test_who_may(self):
        profile = self._profile(self.best)
        self.seller.group_ids -= self.env.ref(EXPORT)
        right = self.env.ref(EXPORT)
        named = f"“{right.privilege_id.name}” to “{right.name}”"
        with self.assertRaisesRegex(AccessError, f"may not export.*{named}"):
            profile.with_user(self.seller).action_export_xlsx()
        self.outsider.group_ids += self.env.ref(EXPORT)
        for user in (self.outsider, self.portal):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                profile.with_user(user).action_export_xlsx()

    def test_too_many(self):
        self.patch(crm_value_export, "MAX_ROWS", 10)
        with self.assertRaisesRegex(UserError, "An Excel sheet fits 9 rows"):
            self.env["crm.value.profile"].with_user(self.seller).action_export_xlsx()
        some = self.env["crm.value.profile"].search(
            [("company_id", "=", self.company.id)], limit=9
        )
        self.assertEqual(len(self._export(some)), 9)

    def test_no_sentences_for_very_many(self):
        self.patch(crm_value_export, "MAX_REASONS", 9)
        [row, *others] = self._export(self.env["crm.value.profile"])
        self.assertEqual(len(others), 9)
        self.assertNotIn("Why", row)
        self.assertIn("As of", row)

    def test_batches(self):
        """A batch more costs queries of its own, a row more none."""
        self.patch(crm_value_export, "BATCH", 3)
        self.assertEqual(len(self._export(self.env["crm.value.profile"])), 10)

    def test_button_for_those_who_may(self):
        for user, expected in ((self.seller, True), (self.manager, False)):
            for model in ("crm.value.profile", "crm.value.transition"):
                view = self.env[model].with_user(user).get_view(view_type="list")
                self.assertEqual("action_export_xlsx" in view["arch"], expected)


@tagged("post_install", "-at_install")
class TestXlsxTable(ExportCommon):
    """The writer alone."""

    def test_formats_of_money(self):
        """Symbol, side and decimals of each currency; a quote cannot break out."""
        yen, odd = self.env["res.currency"].create(
            [
                {"name": "XVY", "symbol": "¥", "rounding": 1, "position": "before"},
                {"name": "XVQ", "symbol": 'Q";[Red]', "rounding": 0.001},
            ]
        )
        formats = self.env["crm.value.export"]._get_money_formats(yen + odd)
        self.assertEqual(formats[yen.id], '"¥"#,##0')
        self.assertEqual(formats[odd.id], '#,##0.000 "Q;[Red]"')
        output = io.BytesIO()
        table = XlsxTable(output, [("A", "money")], formats)
        table.write_row([(12.5, odd.id)])
        table.write_row([None])
        table.close()
        rows = self._parse(output.getvalue())[1]
        self.assertEqual(rows[0]["A"].value, 12.5)
        self.assertEqual(len(rows), 1)

    def test_long_text(self):
        output = io.BytesIO()
        table = XlsxTable(output, [("A", "text")], {})
        table.write_row(["x" * 40000])
        table.close()
        [row] = self._parse(output.getvalue())[1]
        self.assertEqual(len(row["A"].value), 32767)

    def test_control_characters(self):
        """They stay what they are, and the file one that opens."""
        output = io.BytesIO()
        table = XlsxTable(output, [("A", "text")], {})
        names = ["a\x0bb", "c\x01d", "e_x0001_f"]
        for name in names:
            table.write_row([name])
        table.close()
        with ZipFile(output) as archive:
            sheet = archive.read("xl/worksheets/sheet1.xml")
        texts = [node.text for node in etree.fromstring(sheet).iter("{*}t")]
        escaped = ["A", "a_x000B_b", "c_x0001_d", "e_x005F_x0001_f"]
        self.assertEqual(texts, escaped)
        self.assertEqual([unescape(text) for text in texts[1:]], names)

    def test_more_rows_than_an_old_sheet_had(self):
        output = io.BytesIO()
        table = XlsxTable(output, [("A", "integer")], {})
        for number in range(70_000):
            table.write_row([number])
        table.close()
        with (
            ZipFile(output) as archive,
            archive.open("xl/worksheets/sheet1.xml") as xml,
        ):
            rows = sum(chunk.count(b"<row ") for chunk in xml)
        self.assertEqual(rows, 70_001)


@tagged("post_install", "-at_install")
class TestValueExportHttp(ExportCommon, HttpCase):
    """The same through the browser's door."""

    def _request_export(self):
        return self.make_jsonrpc_request(
            "/web/dataset/call_button/crm.value.profile/action_export_xlsx",
            {
                "model": "crm.value.profile",
                "method": "action_export_xlsx",
                "args": [[]],
                "kwargs": {"context": {"allowed_company_ids": self.company.ids}},
            },
        )["url"]

    def test_download(self):
        self.authenticate("value_seller", "value_seller")
        url = self._request_export()
        response = self.url_open(url)
        self.assertEqual(response.status_code, 200)
        self.assertIn("spreadsheetml", response.headers["Content-Type"])
        self.assertIn("attachment", response.headers["Content-Disposition"])
        self.assertIn("Customer%20Value", response.headers["Content-Disposition"])
        rows = self._parse(response.content)[1]
        self.assertEqual(len(rows), 10)
        self.assertEqual(rows[0]["Customer"].value, "Value Test Rung 0")

    def test_only_looking(self):
        """OPTIONS asks what may be asked: it makes no file."""
        self.authenticate("value_seller", "value_seller")
        response = self.opener.options(self.base_url() + self._request_export())
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.content, b"")
        self.assertIn("GET", response.headers["Allow"])

    @mute_logger("odoo.sql_db", "odoo.http")
    def test_filter_that_no_longer_works(self):
        """A field was removed meanwhile, for instance."""
        self.authenticate("value_seller", "value_seller")
        url = self._request_export()
        export = self.env["crm.value.export"].browse(int(url.rsplit("/", 1)[1]))
        export.record_domain = [["no_such_field", "=", 1]]
        self.assertEqual(self.url_open(url).status_code, 422)

    def test_refused(self):
        """Neither another user's request, nor a stranger, nor one whose right ended."""
        self.authenticate("value_seller", "value_seller")
        url = self._request_export()
        other = self._create_company("Value Test Other Company")
        self._create_user(
            "value_foreigner",
            "sales_team.group_sale_salesman,base.group_allow_export",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        with mute_logger("odoo.http", "odoo.addons.base.models.ir_rule"):
            for login in ("value_foreigner", "value_manager", "value_portal"):
                self.authenticate(login, login)
                with self.subTest(user=login):
                    response = self.url_open(url)
                    self.assertEqual(response.status_code, 403)
            self.authenticate(None, None)
            response = self.url_open(url, allow_redirects=False)
            self.assertEqual(response.status_code, 303)
            self.assertIn("/web/login", response.headers["Location"])
            self.seller.group_ids -= self.env.ref(EXPORT)
            self.authenticate("value_seller", "value_seller")
            self.assertEqual(self.url_open(url).status_code, 403)
            self.assertEqual(self.url_open(url + "0").status_code, 403)
