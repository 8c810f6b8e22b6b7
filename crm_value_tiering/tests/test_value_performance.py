from datetime import timedelta

from odoo.tests import tagged, users, warmup

from .common import ValueCommon

ROWS = 80


@tagged("post_install", "-at_install")
class TestValuePerformance(ValueCommon):
    """The tier costs a few queries per page, never some per row.

    Each page is read twice: without the fields of this module, which counts what the
    rest of the database needs, and with them.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_model(min_customers=2)
        cls.customers = cls.env["res.partner"].create(
            [{"name": f"Value Test Row {row:02}"} for row in range(ROWS)]
        )
        orders = cls._buy_many(
            [
                (customer, cls.as_of - timedelta(days=row), 100 - row)
                for row, customer in enumerate(cls.customers)
            ]
        )
        orders.user_id = cls.seller
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
        """Queries that ``function`` takes with an empty cache."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        function()
        return self.cr.sql_log_count - before

    def _assert_adds(self, more, without, with_value):
        """``with_value`` takes at most ``more`` queries more than ``without``."""
        without()
        with_value()  # fills the registry's caches
        expected = self._count(without) + more
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(expected):
            with_value()

    def _get_specification(self, model, fields):
        """What the web client asks for of each field."""
        return {
            name: {"fields": {"display_name": {}}}
            if self.env[model]._fields[name].type == "many2one"
            else {}
            for name in fields
        }

    @users("value_seller")
    @warmup
    def test_pipeline(self):
        leads = self.env["crm.lead"]
        domain = [("id", "in", self.leads.ids)]
        plain = self._get_specification(
            "crm.lead",
            ["name", "partner_id", "user_id", "stage_id", "expected_revenue", "color"],
        )
        value = self._get_specification(
            "crm.lead", ["value_tier_id", "value_tier_color"]
        )
        result = leads.web_search_read(domain, plain | value, limit=ROWS)
        tiers = {row["value_tier_id"]["id"] for row in result["records"]}
        self.assertEqual(len(result["records"]), ROWS)
        self.assertEqual(len(tiers), 3)
        self._assert_adds(
            2,
            lambda: leads.web_search_read(domain, plain, limit=ROWS),
            lambda: leads.web_search_read(domain, plain | value, limit=ROWS),
        )

    @users("value_seller")
    @warmup
    def test_contacts(self):
        partners = self.env["res.partner"]
        domain = [("id", "in", self.customers.ids)]
        plain = self._get_specification(
            "res.partner", ["display_name", "email", "phone", "user_id", "country_id"]
        )
        value = self._get_specification(
            "res.partner",
            [
                "value_tier_id",
                "value_tier_color",
                "value_lifecycle",
                "value_churn_level",
            ],
        )
        result = partners.web_search_read(domain, plain | value, limit=ROWS)
        self.assertTrue(all(row["value_tier_id"] for row in result["records"]))
        self._assert_adds(
            5,
            lambda: partners.web_search_read(domain, plain, limit=ROWS),
            lambda: partners.web_search_read(domain, plain | value, limit=ROWS),
        )

    @users("value_seller")
    @warmup
    def test_contact_form(self):
        """The figures; the explanation has a budget of its own."""
        partner = self.customers[0].with_user(self.env.user)
        plain = self._get_specification("res.partner", ["display_name", "email"])
        value = self._get_specification("res.partner", partner._get_value_fields())
        value["value_profile_id"] = {}
        self._assert_adds(
            5,
            lambda: partner.web_read(plain),
            lambda: partner.web_read(plain | value),
        )
        # reasons, what is missing to the next tier, two pictures
        self._assert_adds(
            8,
            lambda: partner.web_read(plain | value),
            lambda: partner.web_read(plain | value | {"value_explanation_html": {}}),
        )

    @users("value_seller")
    @warmup
    def test_quotations(self):
        orders = self.env["sale.order"]
        domain = [("partner_id", "in", self.customers.ids)]
        plain = self._get_specification(
            "sale.order", ["name", "partner_id", "user_id", "amount_total", "state"]
        )
        value = self._get_specification(
            "sale.order", ["value_tier_id", "value_tier_color"]
        )
        result = orders.web_search_read(domain, plain | value, limit=ROWS)
        self.assertEqual(len(result["records"]), ROWS)
        self.assertTrue(all(row["value_tier_id"] for row in result["records"]))
        self._assert_adds(
            5,
            lambda: orders.web_search_read(domain, plain, limit=ROWS),
            lambda: orders.web_search_read(domain, plain | value, limit=ROWS),
        )

    @users("value_seller")
    @warmup
    def test_search_group_sort(self):
        """No query more than by a column of the contact: the profile is joined."""
        partners = self.env["res.partner"]
        domain = [("id", "in", self.customers.ids)]
        high = ("value_tier_id", "=", self.tier_high.id)
        self.assertEqual(len(partners.search([*domain, high])), ROWS * 20 // 100)
        for without, with_value in (
            (
                lambda: partners.search([*domain, ("color", "=", 0)]),
                lambda: partners.search([*domain, high]),
            ),
            (
                lambda: partners.search(domain, order="color desc", limit=10),
                lambda: partners.search(domain, order="value_score desc", limit=10),
            ),
            (
                lambda: partners._read_group(domain, ["color"], ["__count"]),
                lambda: partners._read_group(domain, ["value_lifecycle"], ["__count"]),
            ),
        ):
            self._assert_adds(0, without, with_value)

    def test_computation(self):
        """As many statements for 160 customers as for 80: nothing is done one by one.

        Their profiles are deleted first, so that all are written and change tier.
        """

        def compute():
            profiles = self.env["crm.value.profile"]
            profiles.search([("company_id", "=", self.company.id)]).unlink()
            runs = []
            return self._count(lambda: runs.append(self._run())), runs[0]

        compute()
        few, run = compute()
        self.assertEqual(run.written_count, ROWS)
        more = self.env["res.partner"].create(
            [{"name": f"Value Test More {row:02}"} for row in range(ROWS)]
        )
        self._buy_many([(customer, self.as_of, 500) for customer in more])
        self.env.cr.flush()  # the queue of changed customers: the orders', not the run's
        many, run = compute()
        self.assertEqual(run.written_count, 2 * ROWS)
        self.assertLessEqual(many, few)
