import json

from lxml import html

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .common import ValueCommon


@tagged("post_install", "-at_install")
class TestExplanation(ValueCommon):
    """What every model that explains itself shares, seen on the value of a customer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls._ladder()
        cls._run()
        cls.profile = cls._profile(cls.customers[2])

    def _render(self, **parts):
        """The explanation as the template shows it, with ``parts`` instead of its own."""
        empty = {"summary": [], "tables": [], "values": [], "notes": []}
        charts = parts.pop("charts", [])
        self.patch(type(self.profile), "_get_explanation_charts", lambda self: charts)
        self.patch(type(self.profile), "_get_explanation", lambda self: empty | parts)
        return html.fromstring(str(self.profile._render_explanation()))

    def _texts(self, tree, path):
        return [
            " ".join(node.text_content().split()).replace("\xa0", " ")
            for node in tree.xpath(path)
        ]

    # --------------------------------------------------------------------- shape
    def test_shape(self):
        """Plain data: whoever reads it as JSON gets it whole, and all of it is text."""
        why = self.profile.with_user(self.seller)._get_explanation()
        self.assertEqual(json.loads(json.dumps(why)), why)
        self.assertEqual(list(why), ["summary", "tables", "values", "notes"])
        [table] = why["tables"]
        self.assertEqual(
            [(column["name"], column["align"]) for column in table["columns"]],
            [
                ("label", "start"),
                ("measure", "start"),
                ("score", "center"),
                ("points", "end"),
            ],
        )
        for row in [*table["rows"], table["total"]]:
            self.assertLessEqual(
                set(row), {column["name"] for column in table["columns"]}
            )
            self.assertEqual({type(text) for text in row.values()}, {str})

    def test_table(self):
        """Ahead of 7 of 9 others: 23.33 of 30 twice, 46.67 together, so one is 23.34."""
        tree = html.fromstring(str(self.profile.explanation_html))
        self.assertEqual(
            self._texts(tree, "//thead//th[@scope='col']"),
            ["What counts", "What we saw", "Score", "Points"],
        )
        self.assertEqual(
            self._texts(tree, "//tbody/tr[1]/*"),
            [
                "Recency",
                "last purchase 65 days ago, on 04/26/2026"
                " more recently than about 78 % of customers",
                "4 of 5",
                "23.34 of 30",
            ],
        )
        self.assertEqual(
            self._texts(tree, "//tbody/tr/th[@scope='row']"),
            ["Recency", "Frequency", "Monetary Value", "Variety"],
        )
        self.assertEqual(
            self._texts(tree, "//tfoot/tr/*"),
            ["Value Score", "", "", f"{self.profile.value_score:.2f} of 100"],
        )

    def test_template(self):
        """Titles, remarks, totals and formulas, all of them optional."""
        prepare = self.profile._prepare_table
        tree = self._render(
            tables=[
                prepare(
                    [("who", "Who"), ("sum", "Sum", "end")],
                    [{"who": "Ada", "sum": "3\nof 4"}, {"who": "Bela", "sum": None}],
                    total={"who": "Total", "sum": "3"},
                    title="In June",
                    note="Added up.",
                ),
                prepare([("who", ""), ("sum", "")], [{"who": "Cleo"}]),
            ],
            values=[
                {"label": "Mean", "amount": "1.5", "formula": "3 ÷ 2"},
                {"label": "Count", "amount": "2", "formula": ""},
            ],
            notes=["Rough."],
        )
        self.assertEqual(self._texts(tree, "//caption"), ["In June"])
        self.assertEqual(self._texts(tree, "//tbody/tr/td"), ["3 of 4", "–", "–"])
        self.assertEqual(self._texts(tree, "//tbody/tr/td/div"), ["of 4"])
        self.assertEqual(self._texts(tree, "//tfoot/tr/*"), ["Total", "3"])
        self.assertEqual(len(tree.xpath("//table")), 2)
        self.assertEqual(len(tree.xpath("//tfoot")), 1)
        self.assertEqual(self._texts(tree, "//thead/tr/th"), ["Who", "Sum", "", ""])
        self.assertEqual(self._texts(tree, "//div/p"), ["Added up.", "Rough."])
        self.assertEqual(self._texts(tree, "//dt"), ["Mean: 1.5", "Count: 2"])
        self.assertEqual(self._texts(tree, "//dd"), ["3 ÷ 2"])

    def test_chart(self):
        """Heights in percent of the highest; what is below 0 has no bar, but its text."""
        chart = self.profile._prepare_chart(
            "By quarter", [("Q1", 50, "50"), ("Q2", 200, "200"), ("Q3", -10, "-10")]
        )
        self.assertEqual([bar["height"] for bar in chart["bars"]], [25, 100, 0])
        tree = self._render(charts=[chart])
        self.assertEqual(self._texts(tree, "//figcaption"), ["By quarter"])
        self.assertEqual(self._texts(tree, "//li"), ["50 Q1", "200 Q2", "-10 Q3"])
        nothing = self.profile._prepare_chart("None", [("Q1", 0, "")])
        self.assertEqual(nothing["bars"][0]["height"], 0)

    def test_empty(self):
        self.assertEqual(self._render().text_content().strip(), "")

    def test_everything_is_escaped(self):
        """Whatever part a text is in, and whoever wrote it: text, not markup."""
        evil = "<img src=x onerror=alert(1)>"
        tree = self._render(
            summary=[evil],
            tables=[
                self.profile._prepare_table(
                    [("a", evil), ("b", evil, '"><script>')],
                    [{"a": evil, "b": f"{evil}\n{evil}"}],
                    total={"a": evil, "b": evil},
                    title=evil,
                    note=evil,
                )
            ],
            values=[{"label": evil, "amount": evil, "formula": evil}],
            notes=[evil],
        )
        self.assertFalse(tree.xpath("//img | //script"))
        self.assertEqual(tree.text_content().count(evil), 14)

    def test_names_are_escaped(self):
        self._run()
        self.tier_mid.name = "<b>Gold & Silver</b>"
        self.profile.invalidate_recordset()
        text = str(self.profile.explanation_html)
        self.assertIn("&lt;b&gt;Gold &amp; Silver&lt;/b&gt;", text)

    # ------------------------------------------------------------------- formats
    def test_formats(self):
        plain = self.env["crm.explanation.mixin"]

        def said(text):
            return text.replace("\xa0", " ")

        self.assertEqual(said(plain._format_rate(5)), "5 %")
        self.assertEqual(said(plain._format_rate(12.345)), "12.3 %")
        self.assertEqual(said(plain._format_rate(5, digits=1)), "5.0 %")
        self.assertEqual(said(plain._format_percent(0.786)), "79 %")
        self.assertEqual(plain._format_points(1234), "1,234")
        self.assertEqual(plain._format_points(11.666), "11.67")
        self.assertEqual(plain._format_points(5, 2), "5.00")
        money = plain._format_money
        self.assertEqual(said(money(1234.5, self.currency)), "1,234.50 V")
        self.assertEqual(said(self.profile._format_money(2)), "2.00 V")
        self.assertEqual(self.profile._get_label("lifecycle"), "New")
        self.profile.lifecycle = False
        self.assertEqual(self.profile._get_label("lifecycle"), "")

    # -------------------------------------------------------------------- access
    def test_who_may_read_it(self):
        for user in (self.seller, self.manager):
            with self.subTest(user=user.login):
                [row] = self.profile.with_user(user).read(["explanation_html"])
                self.assertIn("Mid: the value score", row["explanation_html"])
        public = self.env.ref("base.public_user")
        for user in (self.outsider, self.portal, public):
            profile = self.profile.with_user(user)
            for read in (
                lambda profile: profile.read(["explanation_html"]),
                lambda profile: profile.explanation_html,
                lambda profile: profile._get_explanation(),
            ):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    read(profile)

    def test_other_companies(self):
        """Of a company that the user does not work for, or has not switched on."""
        mirror = self._mirror_company(high=self.customers[2], low=self.customers[1])
        foreign = self._profile(self.customers[2], mirror)
        both = self._create_user(
            "value_both",
            "sales_team.group_sale_salesman",
            company_ids=[Command.set((self.company + mirror).ids)],
        )
        allowed = {"allowed_company_ids": (self.company + mirror).ids}
        seen = foreign.with_user(both).with_context(**allowed)
        self.assertIn("High: the value score", str(seen.explanation_html))
        for profile in (foreign.with_user(both), foreign.with_user(self.seller)):
            with self.subTest(user=profile.env.user.login):
                with self.assertRaises(AccessError):
                    profile.read(["explanation_html"])
                with self.assertRaises(AccessError):
                    foreign.read()  # into the cache, where nobody checks a right
                    profile._get_explanation()

    # ------------------------------------------------------------------ language
    def test_in_the_language_of_the_reader(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.tier_mid.with_context(lang="zh_CN").name = "中等价值"
        chinese = self.profile.with_context(lang="zh_CN")
        why = chinese._get_explanation()
        self.assertIn("中等价值", why["summary"][0])
        self.assertIn("中等价值", chinese.explanation_html)
        self.assertNotIn("中等价值", self.profile.explanation_html)
        [table] = why["tables"]
        self.assertEqual(len(table["rows"]), 4)
