from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, HttpCase, tagged, users, warmup

from ..models import res_partner
from .common import ValueCommon


@tagged("post_install", "-at_install")
class TestValueCard(ValueCommon):
    """What the customer card shows, to whom, and what it costs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls._ladder()
        cls.best = cls.customers[0]
        cls.stranger = cls._create_customer("Value Test Stranger")
        cls._run()

    def _cards(self, partners, user=None, **kwargs):
        return partners.with_user(user or self.seller).get_value_card(**kwargs)

    # -------------------------------------------------------------------- shown
    def test_card(self):
        profile = self._profile(self.best)
        [card] = self._cards(self.best)
        self.assertEqual(card["partner_id"], self.best.id)
        self.assertEqual(card["profile_id"], profile.id)
        self.assertEqual(card["tier"], {"name": "High", "color": self.tier_high.color})
        self.assertEqual(card["lifecycle"], "New")
        self.assertEqual(card["churn"], {"level": "low", "label": "Low"})
        self.assertEqual(
            {figure["name"]: figure["value"] for figure in card["figures"]},
            {
                "clv_predictive": profile._format_money(profile.clv_predictive),
                "revenue_year": "1,000.00\xa0V",
                "last_purchase": "06/25/2026",
            },
        )
        self.assertEqual(
            [figure["label"] for figure in card["figures"]],
            ["Predicted Lifetime Value", "Annual Revenue", "Last Purchase"],
        )
        self.assertEqual(card["as_of"], "06/30/2026")
        self.assertEqual(card["company"], "")

    def test_reasons_are_those_of_the_explanation(self):
        """Each sentence stands in the explanation too: the two cannot disagree."""
        levels = set()
        for customer in self.customers:
            [card] = self._cards(customer)
            why = self._profile(customer)._get_explanation()["summary"]
            self.assertTrue(card["reasons"])
            self.assertLessEqual(set(card["reasons"]), set(why))
            at_risk = card["churn"]["level"] != "low"
            levels.add(card["churn"]["level"])
            self.assertEqual(
                any("Churn risk" in reason for reason in card["reasons"]), at_risk
            )
        self.assertGreater(len(levels), 1)

    def test_contact_shows_its_company(self):
        contact = self._create_customer("Value Test Buyer", parent_id=self.best.id)
        [card] = self._cards(contact)
        self.assertEqual(card["partner_id"], contact.id)
        self.assertEqual(card["profile_id"], self._profile(self.best).id)

    def test_no_value_yet(self):
        self.assertEqual(
            self._cards(self.stranger),
            [
                {
                    "partner_id": self.stranger.id,
                    "profile_id": False,
                    "company": "",
                    "is_hidden": False,
                }
            ],
        )

    def test_refunds_only(self):
        """No purchase: a sentence instead of figures, tier and stage."""
        self.env["crm.value.run"].search([]).unlink()
        orders = self.env["sale.order"].search([("partner_id", "=", self.best.id)])
        orders.order_line.product_uom_qty = -1
        self._run()
        [card] = self._cards(self.best)
        self.assertEqual(
            (card["tier"], card["lifecycle"], card["churn"], card["figures"]),
            (False, False, False, []),
        )
        self.assertIn("No purchase up to 06/30/2026", card["reasons"][0])

    def test_too_few_customers(self):
        self._set_model(min_customers=100)
        self._run()
        [card] = self._cards(self.best)
        self.assertFalse(card["tier"])
        self.assertIn("No tier yet", card["reasons"][0])

    def test_tier_set_by_hand(self):
        """Who set it, and why, is worth a glance."""
        self.env["crm.value.override"].create(
            {
                "company_id": self.company.id,
                "partner_id": self.best.id,
                "tier_id": self.tier_low.id,
                "reason": "Value test quarrel",
                "date_from": self.company._get_value_today(),
            }
        )
        [card] = self._cards(self.best)
        self.assertEqual(card["tier"]["name"], "Low")
        self.assertIn("because: Value test quarrel", card["reasons"][0])

    def test_in_chinese(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.tier_high.with_context(lang="zh_CN").name = "高价值"
        [card] = self._cards(self.best.with_context(lang="zh_CN"))
        self.assertEqual(card["tier"]["name"], "高价值")
        self.assertEqual(card["figures"][2]["value"], "2026/06/25")

    def test_company_of_the_document(self):
        """A quotation of another company shows that company's value, by its name."""
        worst = self.customers[-1]
        mirror = self._mirror_company(high=worst, low=self.best)
        both = self._create_user(
            "value_card_both",
            "sales_team.group_sale_salesman",
            company_ids=[Command.set((self.company + mirror).ids)],
        )
        allowed = {"allowed_company_ids": (self.company + mirror).ids}
        best = self.best.with_context(**allowed)
        [card] = self._cards(best, both)
        self.assertEqual(
            (card["tier"]["name"], card["company"]), ("High", self.company.name)
        )
        [card] = self._cards(best, both, company_id=mirror.id)
        self.assertEqual((card["tier"]["name"], card["company"]), ("Low", mirror.name))

    def test_lead_of_all_companies(self):
        """The card tells of the lead's company; the current one while it has none."""
        mirror = self._mirror_company(high=self.customers[-1], low=self.best)
        companies = self.company + mirror
        both, colleague = (
            self._create_user(
                login,
                "sales_team.group_sale_salesman_all_leads",
                company_id=company.id,
                company_ids=[Command.set(companies.ids)],
            )
            for login, company in (("value_both", self.company), ("value_far", mirror))
        )
        lead = self.env["crm.lead"].create(
            {
                "name": "Value Test Lead",
                "partner_id": self.best.id,
                "company_id": False,
                "user_id": colleague.id,
                "team_id": False,
            }
        )
        allowed = {"allowed_company_ids": companies.ids}
        seen = lead.with_user(both).with_context(**allowed)
        self.assertEqual(seen.value_company_id, self.company, "the current one")
        lead.company_id = mirror
        [card] = self._cards(
            self.best.with_context(**allowed), both, company_id=seen.value_company_id.id
        )
        self.assertEqual(card["tier"]["name"], seen.value_tier_id.name)
        self.assertEqual(card["company"], mirror.name)
        far = self._create_company("Value Test Far")
        lead.write({"company_id": far.id, "user_id": False})
        self.assertEqual(seen.value_company_id, self.company, "no work there")

    # -------------------------------------------------------------------- access
    def test_who_sees_no_card(self):
        public = self.env.ref("base.public_user")
        for user in (self.outsider, self.portal, public):
            with self.subTest(user=user.login):
                self.assertEqual(self._cards(self.best, user), [])
        self.assertTrue(self._cards(self.best))

    def test_contacts_out_of_reach(self):
        """A contact of another company gives no card, the others of the call do."""
        other = self._create_company("Value Test Other Company")
        hidden = self._create_customer("Value Test Hidden", company_id=other.id)
        cards = self._cards(hidden + self.best)
        self.assertEqual([card["partner_id"] for card in cards], [self.best.id])
        self.assertEqual(self._cards(self.best, company_id=other.id), [])

    def test_opens_value_and_history(self):
        action = self.best.with_user(self.seller).action_open_value_profile()
        self.assertEqual(
            (action["res_model"], action["res_id"]),
            ("crm.value.profile", self._profile(self.best).id),
        )

    def test_views(self):
        """Forms have the card for those with the right, and are whole without it."""
        for model in ("res.partner", "crm.lead", "sale.order"):
            for user, expected in ((self.manager, True), (self.outsider, False)):
                with self.subTest(model=model, user=user.login):
                    if not self.env[model].with_user(user).has_access("read"):
                        continue
                    view = self.env[model].with_user(user).get_view(view_type="form")
                    self.assertEqual('name="customer_card"' in view["arch"], expected)

    def test_each_once(self):
        """Named a thousand times, a contact is explained once; too many are refused."""
        both = self.customers[1] + self.best
        named = self.env["res.partner"].browse(both.ids * 1000)
        cards = self._cards(named)
        self.assertEqual([card["partner_id"] for card in cards], both.ids)
        self.patch(res_partner, "MAX_CARDS", 2)
        self.assertEqual(len(self._cards(named)), 2)
        with self.assertRaisesRegex(UserError, "2 customers at most"):
            self._cards(self.customers[:3])

    def test_one_look_at_the_computation(self):
        """However many profiles are explained: its JSON is large, and copied each time."""
        looks = []
        profiles = self.registry["crm.value.profile"]
        original = profiles._find_explaining_run

        def find(profile):
            looks.append(profile.id)
            return original(profile)

        self.patch(profiles, "_find_explaining_run", find)
        rows = self._profile(self.best).search([("company_id", "=", self.company.id)])
        rows.with_user(self.seller).read(["explanation_html"])
        self.assertEqual(len(rows), 10)
        self.assertEqual(len(looks), 1)
        self._cards(self.customers)
        self.assertEqual(len(looks), 2)

    # ---------------------------------------------------------------------- cost
    @users("value_seller")
    @warmup
    def test_cost(self):
        """The whole card, sentences included, and whether anybody answered."""
        partner = self.best.with_user(self.env.user)
        with self.assertQueryCount(11):
            partner.get_value_card()


@tagged("post_install", "-at_install")
class TestValueFormCost(ValueCommon):
    """What the fields of this module add to the real forms and the real board.

    Everything that the view asks for is read, once without and once with them.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_model(min_customers=2)
        cls.customers = cls.env["res.partner"].create(
            [{"name": f"Value Test Row {row:02}"} for row in range(80)]
        )
        cls._buy_many(
            [
                (customer, cls.as_of, 100 + row)
                for row, customer in enumerate(cls.customers)
            ]
        )
        cls._run()
        cls.leads = cls.env["crm.lead"].create(
            [
                {
                    "name": customer.name,
                    "type": "opportunity",
                    "partner_id": customer.id,
                    "company_id": cls.company.id,
                    "user_id": cls.seller.id,
                }
                for customer in cls.customers
            ]
        )
        cls.env.flush_all()

    def _count(self, function):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        function()
        return self.cr.sql_log_count - before

    def _without_value(self, model, specification):
        """``specification`` less the fields that this module defines."""
        fields = self.env[model]._fields
        plain = {
            name: spec
            for name, spec in specification.items()
            if fields[name]._module != "crm_value_tiering"
        }
        self.assertLess(len(plain), len(specification), "the view shows no value")
        return plain

    def _assert_adds(self, more, model, specification, read):
        plain = self._without_value(model, specification)
        read(plain)
        read(specification)  # fills the registry's caches
        expected = self._count(lambda: read(plain)) + more
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(expected):
            read(specification)

    @users("value_seller")
    def test_contact_form(self):
        partner = self.customers[0].with_user(self.env.user)
        specification = Form(partner)._view["fields_spec"]
        self.assertIn("child_ids", specification)
        self._assert_adds(5, "res.partner", specification, partner.web_read)

    @users("value_seller")
    def test_lead_form(self):
        lead = self.leads[0].with_user(self.env.user)
        specification = Form(lead)._view["fields_spec"]
        self._assert_adds(2, "crm.lead", specification, lead.web_read)

    @users("value_seller")
    def test_pipeline_board(self):
        """80 cards of the pipeline, with all that its view shows."""
        leads = self.env["crm.lead"]
        view = leads.get_view(
            self.env.ref("crm.crm_case_kanban_view_leads").id, "kanban"
        )
        relational = {"many2one", "many2many", "one2many"}
        specification = {
            name: {"fields": {"display_name": {}}}
            if leads._fields[name].type in relational
            else {}
            for name in view["models"]["crm.lead"]
            if f'name="{name}"' in view["arch"]
        }
        self.assertGreater(len(specification), 15)
        domain = [("id", "in", self.leads.ids)]
        self._assert_adds(
            2,
            "crm.lead",
            specification,
            lambda spec: leads.web_search_read(domain, spec, limit=80),
        )


@tagged("post_install", "-at_install")
class TestValueCardUnit(HttpCase):
    """The unit tests of the widget, in a browser."""

    def test_hoot(self):
        self.browser_js(
            "/web/tests?headless&loglevel=2&preset=desktop&timeout=15000"
            "&filter=@crm_value_tiering",
            "",
            "",
            login="admin",
            timeout=600,
            success_signal="[HOOT] Test suite succeeded",
        )
