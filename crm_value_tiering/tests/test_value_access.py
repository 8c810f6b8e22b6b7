from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import HttpCase, JsonRpcException, new_test_user, tagged
from odoo.tools import mute_logger

from .common import ALL, NOTHING, READ, ValueCommon


@tagged("post_install", "-at_install")
class TestValueAccess(ValueCommon):
    """Sellers read, managers compute and configure, nobody else sees anything."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._ladder()[0]
        cls._run()

    def test_rights_of_each_role(self):
        rights = {
            "crm.value.profile": (READ, READ),
            "crm.value.transition": (READ, READ),
            "crm.value.run": (READ, READ),
            "crm.job.run": (NOTHING, READ),
            "crm.value.dirty": (NOTHING, READ),
            "crm.value.present": (NOTHING, READ),
            "crm.value.tier": (READ, ALL),
            "crm.value.policy": (READ, ALL),
            "crm.value.policy.tier": (READ, ALL),
            "crm.value.override": (READ, ("read", "write", "create")),
            "crm.value.override.set": (NOTHING, ALL),
            "crm.value.recompute": (NOTHING, ALL),
            "crm.value.holdout": (READ, READ),
            "crm.value.holdout.check": (NOTHING, ALL),
            "crm.value.setup": (NOTHING, ALL),
            "crm.value.setup.tier": (NOTHING, ALL),
            "crm.value.export": (("read", "create"), ("read", "create")),
            "crm.value.bi.key": (NOTHING, NOTHING),
        }
        self._check_rights("crm_value_tiering", rights)

    def test_results_are_not_written_by_hand(self):
        """Not even the manager changes what the engine found."""
        profile = self._profile(self.customer).with_user(self.manager)
        with self.assertRaises(AccessError):
            profile.tier_id = self.tier_low
        run = self.env["crm.value.run"].with_user(self.manager).search([], limit=1)
        with self.assertRaises(AccessError):
            run.unlink()

    def test_who_may_compute(self):
        recompute = self.env["crm.value.run"].with_user(self.manager).recompute
        self.assertEqual(recompute(self.company, self.as_of).state, "done")
        for user in (self.seller, self.outsider, self.portal):
            with (
                self.subTest(user=user.login),
                self.assertRaisesRegex(AccessError, "Only managers of customer value"),
            ):
                self.env["crm.value.run"].with_user(user).recompute(self.company)

    def test_other_companies_stay_hidden(self):
        """Profiles, changes, runs, models and limits of a company that is not ours."""
        other = self._create_company("Value Test Other Company")
        foreigner = self._create_user(
            "value_foreigner",
            "sales_team.group_sale_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        for model in (
            "crm.value.profile",
            "crm.value.transition",
            "crm.value.run",
            "crm.value.policy",
            "crm.value.policy.tier",
        ):
            domain = [("company_id", "=", self.company.id)]
            with self.subTest(model=model):
                records = self.env[model].search(domain)
                self.assertTrue(records)
                as_foreigner = self.env(
                    user=foreigner, context={"allowed_company_ids": other.ids}
                )[model]
                self.assertFalse(as_foreigner.search(domain))
                with self.assertRaises(AccessError):
                    as_foreigner.browse(records.ids).read(["company_id"])

    def test_other_companies_are_not_computed(self):
        other = self._create_company("Value Test Other Company")
        runs = self.env["crm.value.run"].with_user(self.manager)
        with self.assertRaisesRegex(AccessError, "your own companies"):
            runs.recompute(other, self.as_of)
        self.assertFalse(
            self.env["crm.value.run"].search([("company_id", "=", other.id)])
        )

    def test_contact_hides_value_from_others(self):
        """Neither read nor searched, grouped, summed or sorted by without the right."""
        fields = [*self.env["res.partner"]._get_value_fields(), "value_profile_id"]
        fields.append("value_explanation_html")
        for user in (self.outsider, self.portal):
            partners = self.env["res.partner"].with_user(user)
            partner = user.partner_id.with_user(user)
            self.assertTrue(partner.read(["name"]))
            self.assertFalse(set(fields) & set(partners.fields_get()))
            for name in fields:
                with self.subTest(user=user.login, field=name):
                    with self.assertRaises(AccessError):
                        partner.read([name])
            for name, value in (("value_tier_id", 1), ("value_score", 50.0)):
                with self.subTest(user=user.login, searched=name):
                    with self.assertRaises(AccessError):
                        partners.search([(name, "=", value)])
                    with self.assertRaises(AccessError):
                        partners.search([], order=f"{name} desc")
                    with self.assertRaises(AccessError):
                        partners.formatted_read_group([], [name], ["__count"])
                    with self.assertRaises(AccessError):
                        partners.formatted_read_group([], [], [f"{name}:max"])
            with self.assertRaises(AccessError):
                partner.action_open_value_transitions()

    def test_contact_shows_value_to_sellers(self):
        """The same calls succeed with the right: the refusals above come from it."""
        partners = self.env["res.partner"].with_user(self.seller)
        domain = [("value_tier_id", "=", self.tier_high.id)]
        self.assertIn(self.customer, partners.search(domain, order="value_score desc"))
        self.assertTrue(partners.formatted_read_group([], ["value_tier_id"], []))
        values = self.customer.with_user(self.seller).read(["value_tier_id"])[0]
        self.assertEqual(values["value_tier_id"][0], self.tier_high.id)

    def test_views_hide_value_from_others(self):
        """The contact's form, list, kanban and search work without the right."""
        views = [(False, kind) for kind in ("form", "list", "kanban", "search")]
        for user, expected in ((self.seller, True), (self.outsider, False)):
            result = self.env["res.partner"].with_user(user).get_views(views)
            for kind, view in result["views"].items():
                with self.subTest(user=user.login, view=kind):
                    self.assertEqual("value_tier_id" in view["arch"], expected)
                    if kind != "search":
                        self.assertEqual("value_tier_color" in view["arch"], expected)


@tagged("post_install", "-at_install")
class TestValueAccessHttp(ValueCommon, HttpCase):
    """The same through the doors that a browser has."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls._ladder()
        cls._run()

    def _call(self, model, method, *args, **kwargs):
        return self.make_jsonrpc_request(
            f"/web/dataset/call_kw/{model}/{method}",
            {"model": model, "method": method, "args": args, "kwargs": kwargs},
        )

    def test_rpc(self):
        before = self.env["crm.value.run"].search_count([])
        context = {"allowed_company_ids": self.company.ids}
        self.authenticate("value_seller", "value_seller")
        profiles = self._call(
            "crm.value.profile",
            "search_read",
            [("tier_id", "=", self.tier_high.id)],
            ["partner_id"],
            context=context,
        )
        self.assertEqual(
            {profile["partner_id"][0] for profile in profiles},
            set(self.customers[:2].ids),
        )
        for model, method in (
            ("crm.value.run", "recompute"),
            ("crm.value.run", "_recompute_company"),
            ("crm.value.engine", "_run"),
        ):
            with (
                self.subTest(model=model, method=method),
                mute_logger("odoo.http"),
                self.assertRaisesRegex(JsonRpcException, "AccessError"),
            ):
                self._call(model, method, context=context)
        self.assertEqual(self.env["crm.value.run"].search_count([]), before)
        self.authenticate("value_manager", "value_manager")
        recompute = ("crm.value.run", "recompute")
        runs = self._call(*recompute, self.company.ids, "2026-06-30", context=context)
        self.assertEqual(len(runs), 1)
        self.assertEqual(self.env["crm.value.run"].search_count([]), before + 1)
        with (
            mute_logger("odoo.http"),
            self.assertRaisesRegex(JsonRpcException, "AccessError"),
        ):
            self._call(*recompute, self.env.ref("base.main_company").ids)

    def test_customer_sees_nothing(self):
        """The customer's own pages say nothing of tier, strategy or value."""
        self.tier_high.write({"name": "Zirconium", "strategy": "Zirconium strategy"})
        customer = self.customers[0]
        order = self.env["sale.order"].search([("partner_id", "=", customer.id)])
        self.assertEqual(order.value_tier_id.name, "Zirconium")
        customer_user = new_test_user(
            self.env, "value_customer", "base.group_portal", partner_id=customer.id
        )
        pages = [order.get_portal_url()]
        self.authenticate(None, None)
        responses = [self.url_open(page) for page in pages]
        self.authenticate(customer_user.login, "value_customer")
        responses += [self.url_open(page) for page in ("/my/orders", "/my/account")]
        for response in responses:
            with self.subTest(url=response.url):
                self.assertEqual(response.status_code, 200)
                self.assertNotIn("Zirconium", response.text)
                self.assertNotIn("value_tier", response.text)
        self.assertIn(order.name, responses[0].text)
        self.assertIn(order.name, responses[1].text)
