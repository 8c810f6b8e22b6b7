from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..wizards.crm_value_bi_key import BI_GROUP
from .common import BiCommon, BiHttpCommon

READABLE = {"crm.value.profile", "crm.value.tier", "crm.value.transition"}


@tagged("post_install", "-at_install")
class TestValueBiKey(BiCommon):
    """The user of a reporting tool has one right, and its key ends."""

    def test_rights(self):
        """Of all models, these are readable; nothing is written."""
        user = self._create_key()[1]
        self.assertEqual(user.all_group_ids, user.group_ids)
        self.assertFalse(user._is_internal() or user._is_portal())
        readable = self._get_readable(user)
        modules = self.env["ir.module.module"].search(
            [("name", "=", "crm_value_tiering")]
        )
        modules |= modules.downstream_dependencies(exclude_states=("uninstalled",))
        for name in readable:
            # What other add-ons let it read, their own tests list.
            self.assertIn(self.env[name]._original_module, modules.mapped("name"))
        own = self._get_models("crm_value_tiering")
        self.assertEqual(readable & own, READABLE)

    def test_nobody_gets_it_by_another_group(self):
        group = self.env.ref(BI_GROUP)
        self.assertFalse(group.implied_ids)
        self.assertFalse(group.implied_by_ids)

    def test_who_may_give_access(self):
        for user in (self.manager, self.seller, self.outsider):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._create_key(user)

    def test_expiry(self):
        with self.assertRaisesRegex(UserError, "cannot be in the past"):
            self._create_key(expiration_date=fields.Date.today() - timedelta(days=1))
        for day in ("9999-12-31", fields.Date.today() + timedelta(days=367)):
            with self.assertRaisesRegex(UserError, "366 days at most"):
                self._create_key(expiration_date=day)
        self._create_key(expiration_date=fields.Date.today() + timedelta(days=366))
        key, user = self._create_key(expiration_date=fields.Date.today())
        apikeys = self.env["res.users.apikeys"]
        self.assertEqual(apikeys._check_credentials(scope="rpc", key=key), user.id)
        record = apikeys.search([("user_id", "=", user.id)])
        self.assertEqual(record.expiration_date.date(), fields.Date.today())

    def test_identity_is_asked_for(self):
        """A key is made in a browser only, where Odoo asks for the password."""
        wizard = self.env["crm.value.bi.key"].with_user(self.admin).create({})
        before = self.env["res.users"].search_count([])
        with self.assertRaisesRegex(UserError, "over HTTP"):
            wizard.action_create()
        self.assertEqual(self.env["res.users"].search_count([]), before)


@tagged("post_install", "-at_install")
class TestValueBiHttp(BiHttpCommon):
    def test_search_read(self):
        rows = self._call(
            "crm.value.profile",
            "search_read",
            domain=[["tier_id", "=", self.tier_high.id]],
            fields=["partner_id", "tier_id", "revenue_year", "currency_id", "user_id"],
            order="value_score desc, id",
            limit=10,
        )
        self.assertEqual(
            [row["partner_id"] for row in rows],
            [[customer.id, customer.name] for customer in self.customers[:2]],
        )
        self.assertEqual(rows[0]["revenue_year"], 1000)
        self.assertEqual(rows[0]["currency_id"][1], self.currency.name)

    def test_every_readable_model_without_a_list_of_fields(self):
        """What a tool asks for that knows no fields: nothing it may not read."""
        for model in READABLE:
            with self.subTest(model=model):
                self._call(model, "search_read", domain=[], limit=5)
        rows = self._call("crm.value.profile", "search_read", domain=[], limit=1)
        self.assertIn("display_name", rows[0])
        self.assertNotIn("explanation_html", rows[0])

    def test_groups(self):
        groups = self._call(
            "crm.value.profile",
            "formatted_read_group",
            domain=[],
            groupby=["tier_id"],
            aggregates=["__count", "revenue_year:sum"],
        )
        self.assertEqual(
            {group["tier_id"][1]: group["__count"] for group in groups},
            {"High": 2, "Mid": 4, "Low": 4},
        )
        months = self._call(
            "crm.value.transition",
            "formatted_read_group",
            domain=[["kind", "=", "tier"]],
            groupby=["date:month", "direction"],
            aggregates=["__count"],
        )
        self.assertEqual([month["__count"] for month in months], [10])

    def test_other_companies_are_left_out(self):
        self._mirror_company(high=self.customers[0], low=self.customers[1])
        rows = self._call(
            "crm.value.profile", "search_read", domain=[], fields=["company_id"]
        )
        self.assertEqual({row["company_id"][0] for row in rows}, {self.company.id})
        self.assertEqual(len(rows), 10)

    def test_refused(self):
        """Nothing is written, computed or exported, and nobody else is looked up."""
        profile = self._profile(self.customers[0])
        ids = profile.ids
        for model, method, params in (
            ("crm.value.profile", "write", {"ids": ids, "vals": {"value_score": 1}}),
            ("crm.value.profile", "unlink", {"ids": ids}),
            ("crm.value.profile", "create", {"vals_list": [{}]}),
            ("crm.value.profile", "read", {"ids": ids, "fields": ["explanation_html"]}),
            ("crm.value.profile", "action_export_xlsx", {"ids": ids}),
            ("crm.value.tier", "write", {"ids": self.tier_low.ids, "vals": {}}),
            ("crm.value.run", "recompute", {}),
            ("crm.value.run", "search_read", {"domain": []}),
            ("res.users", "search_read", {"domain": []}),
            ("res.partner", "search_read", {"domain": []}),
            ("sale.order", "search_read", {"domain": []}),
            ("res.users.apikeys", "search_read", {"domain": []}),
            ("crm.value.bi.key", "create", {"vals_list": [{}]}),
        ):
            with (
                self.subTest(model=model, method=method),
                mute_logger("odoo.http", "odoo.addons.base.models.ir_model"),
            ):
                response = self._post(model, method, **params)
                self.assertEqual(response.status_code, 403, response.text)
        self.assertTrue(profile.exists())
        cards = self._post("res.partner", "get_value_card", ids=self.customers.ids)
        self.assertEqual(cards.json(), [])

    def test_keys(self):
        """A wrong key, and that of an archived user, open nothing."""
        domain = {"domain": []}
        with mute_logger("odoo.http", "odoo.addons.base.models.res_users"):
            wrong = self._post("crm.value.tier", "search_read", key="0" * 40, **domain)
            self.assertEqual(wrong.status_code, 401)
            self.bi_user.active = False
            gone = self._post("crm.value.tier", "search_read", **domain)
            self.assertEqual(gone.status_code, 401)

    def test_other_users_with_the_group(self):
        """A portal user may have the group too: still nothing of a seller's."""
        user = new_test_user(
            self.env,
            "value_bi_portal",
            f"base.group_portal,{BI_GROUP}",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        profiles = self.env["crm.value.profile"].with_user(user)
        self.assertEqual(profiles.search_count([]), 10)
        self.assertFalse(self.env["crm.value.run"].with_user(user).has_access("read"))
