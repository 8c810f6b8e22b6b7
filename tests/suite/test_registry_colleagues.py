"""Figures of colleagues' customers, on every road that leads to them.

Who sees their own documents only sees the figures of their own customers and of those
without a salesperson; leaders also those of their teams' members; the others all.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

import openpyxl

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.models import BaseModel
from odoo.tests import tagged

from odoo.addons.crm_value_retention.tests.common import RetentionCommon
from odoo.addons.crm_value_tiering.models.res_partner import VALUE_GROUP
from odoo.addons.crm_value_tiering.models.res_users import ALL_GROUPS
from odoo.addons.crm_value_tiering.tests.common_registry import RegistryCommon

SALESMAN = "sales_team.group_sale_salesman"
# About a customer each.
OF_CUSTOMERS = (
    "crm.value.profile",
    "crm.value.transition",
    "crm.value.override",
    "crm.value.outreach",
    "crm.churn.record",
    "crm.satisfaction.answer",
)
# About all of them.
OF_COMPANIES = ("crm.value.run", "crm.value.holdout", "crm.metric.cohort")


@tagged("standard", "post_install", "-at_install")
class TestRegistryColleagues(RegistryCommon, RetentionCommon):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.colleague = cls._create_user("suite_colleague", SALESMAN)
        cls.leader = cls._create_user("suite_leader", SALESMAN)
        cls.own_only = cls._create_user("suite_value_user", VALUE_GROUP)
        cls.all_documents = cls._create_user("suite_all", ALL_GROUPS[0])
        cls.value_manager = cls._create_user("suite_value_manager", ALL_GROUPS[1])
        for user in (
            cls.seller + cls.colleague + cls.leader + cls.own_only
            + cls.all_documents + cls.value_manager
        ):  # fmt: skip
            user.group_ids += cls.env.ref("base.group_allow_export")
        cls.team = cls.env["crm.team"].create(
            {
                "name": "Suite Test Team",
                "user_id": cls.leader.id,
                "company_id": cls.company.id,
                "crm_team_member_ids": [
                    Command.create({"user_id": cls.colleague.id}),
                ],
            }
        )
        # mine, a colleague's, nobody's: of each some at the top and some at risk
        cls.mine, cls.theirs, cls.nobodys = (
            cls.customers[rung] + cls.customers[6 + rung] for rung in range(3)
        )
        cls.customers.user_id = False
        cls.mine.user_id = cls.seller
        cls.theirs.user_id = cls.colleague
        cls.contact = cls._create_customer("Suite Test Contact", user_id=False)
        cls.contact.parent_id = cls.theirs[0]  # the company's salesperson counts
        cls.contact.user_id = False
        cls.env["crm.value.outreach"]._schedule_company(cls.company)
        cls._fill()

    @classmethod
    def _fill(cls) -> None:
        reason = cls.env["crm.churn.reason"].search([], limit=1)
        for customer in cls.mine + cls.theirs + cls.nobodys:
            cls.env["crm.satisfaction.answer"].create(
                {"partner_id": customer.id, "answer": 4, "date": cls.today}
            )
            cls.env["crm.churn.record"].create(
                {"partner_id": customer.id, "reason_id": reason.id}
            )
            cls.env["crm.value.override"].create(
                {
                    "partner_id": customer.id,
                    "tier_id": cls.tier_mid.id,
                    "reason": "For the test",
                    "date_from": cls.today,
                }
            )
        cls.env["crm.satisfaction.answer"].create(
            {"partner_id": cls.contact.id, "answer": 1, "date": cls.today}
        )
        cls.env["crm.metric.run"].recompute(cls.company)
        policy = cls.env["crm.value.policy"]._get_for_company(cls.company, cls.today)
        cls.env["crm.value.holdout"].create(
            {
                "company_id": cls.company.id,
                "policy_id": policy.id,
                "calibrate_until": "2026-01-01",
                "until": "2026-02-01",
                "state": "thin",
                "figures": {},
            }
        )
        cls.env.flush_all()

    def _as(self, user: BaseModel, model: str) -> BaseModel:
        """The model as the user has it in a request of their own."""
        self.env.invalidate_all()
        return self.env[model].with_user(user)

    def _domain(self) -> list[tuple]:
        return [("company_id", "=", self.company.id)]

    def _get_expected(self) -> Iterator[tuple[BaseModel, BaseModel | None]]:
        """User, and the customers whose figures they do not see."""
        mine = self.mine + self.lost + self.long_lost
        hidden = mine + self.theirs
        yield self.seller, self.theirs
        yield self.colleague, mine
        yield self.leader, mine  # the colleague is in their team
        yield self.own_only, hidden
        yield self.all_documents, self.env["res.partner"]
        yield self.value_manager, self.env["res.partner"]

    # ------------------------------------------------------------------ the rules
    def test_every_model_about_customers_has_the_rules(self) -> None:
        """A new one falls under this by its link to a contact."""
        found = set()
        for model in self.own:
            links = [
                field
                for field in model._fields.values()
                if field.comodel_name == "res.partner"
                and field.type == "many2one"
                and field.store
            ]
            if model._transient or not links or not self._is_read_by_users(model):
                continue
            found.add(model._name)
            with self.subTest(model=model._name):
                self._check_group_rules(model)
        self.assertGreaterEqual(found, set(OF_CUSTOMERS))

    def test_totals_of_the_company_have_the_rules(self) -> None:
        for name in (*OF_COMPANIES, "crm.metric.fact", "crm.metric.target"):
            with self.subTest(model=name):
                self._check_group_rules(self.env[name])

    def _is_read_by_users(self, model: BaseModel) -> bool:
        group = self.env.ref(VALUE_GROUP)
        return bool(
            self.env["ir.model.access"].search_count(
                [
                    ("model_id.model", "=", model._name),
                    ("group_id", "=", group.id),
                    ("perm_read", "=", True),
                ]
            )
        )

    def _check_group_rules(self, model: BaseModel) -> None:
        rules = self.env["ir.rule"].search(
            [("model_id.model", "=", model._name), ("groups", "!=", False)]
        )
        own = rules.filtered(lambda rule: self.env.ref(VALUE_GROUP) in rule.groups)
        everything = rules - own
        self.assertTrue(own, "nothing is hidden from who sees own documents only")
        self.assertEqual(
            everything.mapped("domain_force"), ["[(1, '=', 1)]"] * len(everything)
        )
        groups = self.env["res.groups"].union(*map(self.env.ref, ALL_GROUPS))
        self.assertEqual(everything.groups, groups)

    # ------------------------------------------------------------------ the roads
    def test_search_and_read(self) -> None:
        for model in OF_CUSTOMERS:
            everything = self.env[model].search(self._domain())
            self.assertTrue(everything.partner_id.commercial_partner_id & self.theirs)
            for user, hidden in self._get_expected():
                with self.subTest(model=model, user=user.login):
                    expected = everything.filtered(
                        lambda one, hidden=hidden: (
                            one.partner_id.commercial_partner_id not in hidden
                        )
                    )
                    records = self._as(user, model)
                    self.assertEqual(records.search(self._domain()).ids, expected.ids)
                    rows = records.search_read(self._domain(), ["id"])
                    self.assertEqual([row["id"] for row in rows], expected.ids)
                    found = records.name_search("", self._domain(), limit=None)
                    self.assertEqual({one[0] for one in found}, set(expected.ids))
                    for record in records.browse((everything - expected).ids):
                        for read in (
                            lambda one=record: one.read(["company_id"]),
                            lambda one=record: one.export_data(["company_id"]),
                            lambda one=record: one.web_read({"display_name": {}}),
                        ):
                            with self.assertRaises(AccessError):
                                read()

    def test_groups_and_sums(self) -> None:
        """By salesperson too: nobody else's figure appears."""
        profiles = self.env["crm.value.profile"].search(self._domain())
        for user, hidden in self._get_expected():
            seen = profiles.filtered(
                lambda one, hidden=hidden: one.partner_id not in hidden
            )
            with self.subTest(user=user.login):
                rows = self._as(user, "crm.value.profile").formatted_read_group(
                    self._domain(), [], ["__count", "revenue_total:sum"]
                )
                self.assertEqual(rows[0]["__count"], len(seen))
                self.assertAlmostEqual(
                    rows[0]["revenue_total:sum"], sum(seen.mapped("revenue_total"))
                )
                people = self._as(user, "crm.value.profile").formatted_read_group(
                    self._domain(), ["user_id"], ["__count"]
                )
                self.assertEqual(
                    {row["user_id"][0] for row in people if row["user_id"]},
                    set(seen.user_id.ids),
                )

    def test_contacts_tell_no_more(self) -> None:
        """Their fields, groups and sums, what they are sorted and searched by."""
        profiles = self.env["crm.value.profile"].search(self._domain())
        partners = self.customers
        for user, hidden in self._get_expected():
            with self.subTest(user=user.login):
                own = [("id", "in", partners.ids)]
                seen = profiles.filtered(
                    lambda one, hidden=hidden: one.partner_id in partners - hidden
                )
                contacts = self._as(user, "res.partner")
                rows = contacts.search_read(own, ["value_tier_id", "value_clv"])
                shown = {row["id"] for row in rows if row["value_tier_id"]}
                self.assertEqual(shown, set(seen.partner_id.ids))
                [total] = contacts.formatted_read_group(own, [], ["value_clv:sum"])
                self.assertAlmostEqual(
                    total["value_clv:sum"], sum(seen.mapped("clv_predictive"))
                )
                tiers = contacts.formatted_read_group(
                    own, ["value_tier_id"], ["__count"]
                )
                self.assertEqual(
                    sum(row["__count"] for row in tiers if row["value_tier_id"]),
                    len(seen),
                )
                found = contacts.search(
                    [*own, ("value_tier_id", "!=", False)], order="value_clv desc"
                )
                self.assertEqual(set(found.ids), set(seen.partner_id.ids))
                found = contacts.search([*own, ("value_clv", ">", 0)])
                self.assertFalse(found & hidden)

    def test_through_relations(self) -> None:
        profiles = self.env["crm.value.profile"].search(
            [*self._domain(), ("partner_id", "in", self.theirs.ids)]
        )
        changes = self._as(self.seller, "crm.value.transition").search([])
        self.assertFalse(changes & profiles._get_transitions())
        contact = self._as(self.seller, "res.partner").browse(self.theirs[0].id)
        self.assertFalse(contact.value_profile_id)
        self.assertFalse(contact.value_override_id)
        self.assertFalse(contact.value_explanation_html)
        with self.assertRaises(AccessError):
            self._as(self.seller, profiles._name).browse(profiles.ids).mapped(
                "tier_id.name"
            )
        with self.assertRaises(AccessError):
            self._as(self.seller, profiles._name).browse(
                profiles[0].id
            )._get_explanation()

    def test_card(self) -> None:
        """Of a colleague's customer it says why it is empty."""
        [card] = (
            self._as(self.seller, "res.partner")
            .browse(self.contact.id)
            .get_value_card()
        )
        self.assertEqual((card["profile_id"], card["is_hidden"]), (False, True))
        [card] = (
            self._as(self.seller, "res.partner")
            .browse(self.mine[0].id)
            .get_value_card()
        )
        self.assertTrue(card["profile_id"])
        self.assertTrue(card["figures"])
        stranger = self._create_customer()
        [card] = (
            self._as(self.seller, "res.partner").browse(stranger.id).get_value_card()
        )
        self.assertEqual((card["profile_id"], card["is_hidden"]), (False, False))

    def test_what_stock_lets_them_see(self) -> None:
        """An own lead or quotation of a colleague's customer: its tag and price list,
        not the figures."""
        tier = self._profile(self.theirs[0]).tier_id
        lead = self.env["crm.lead"].create(
            {
                "name": "Suite Test Lead",
                "partner_id": self.theirs[0].id,
                "user_id": self.seller.id,
                "company_id": self.company.id,
            }
        )
        order = self._create_quotation(self.theirs[0], 10, user_id=self.seller.id)
        lead = self._as(self.seller, "crm.lead").browse(lead.id)
        order = self._as(self.seller, "sale.order").browse(order.id)
        self.assertEqual((lead.value_tier_id, order.value_tier_id), (tier, tier))
        domain = [("value_tier_id", "=", tier.id)]
        self.assertIn(order, order.search(domain))
        for user in (self.portal, self.outsider):
            with self.assertRaises(AccessError):
                self._as(user, "sale.order").search(domain)
        [card] = lead.partner_id.get_value_card()
        self.assertTrue(card["is_hidden"])

    def test_excel(self) -> None:
        for user, hidden in self._get_expected():
            with self.subTest(user=user.login):
                profiles = self._as(user, "crm.value.profile")
                action = profiles.with_context(
                    active_domain=self._domain()
                ).action_export_xlsx()
                export = self._as(user, "crm.value.export").browse(
                    int(action["url"].rsplit("/", 1)[1])
                )
                output = io.BytesIO()
                export._write_xlsx(output)
                output.seek(0)
                sheet = openpyxl.load_workbook(output).active
                names = {row[0] for row in sheet.iter_rows(min_row=2, values_only=True)}
                self.assertFalse(names & set(hidden.mapped("name")))
                self.assertTrue(names & set(self.nobodys.mapped("name")))

    def test_figures_of_metrics(self) -> None:
        """One's own, and those of a team one leads; totals of the company are not."""
        facts = self.env["crm.metric.fact"].search(self._domain())
        own = facts.filtered(lambda fact: fact.user_id == self.seller)
        team = facts.filtered(lambda fact: fact.team_id == self.team)
        self.assertTrue(own)
        for user, expected in (
            (self.seller, own),
            (self.leader, team),
            (self.own_only, facts.browse()),
            (self.all_documents, facts),
            (self.value_manager, facts),
        ):
            with self.subTest(user=user.login):
                found = self._as(user, "crm.metric.fact").search(self._domain())
                self.assertEqual(set(found.ids), set(expected.ids))

    def test_totals_of_the_company(self) -> None:
        for model in OF_COMPANIES:
            everything = self.env[model].search(self._domain())
            self.assertTrue(everything, model)
            for user, hidden in self._get_expected():
                with self.subTest(model=model, user=user.login):
                    found = self._as(user, model).search(self._domain())
                    self.assertEqual(found.ids, [] if hidden else everything.ids)
        run = self.env["crm.value.run"].search(self._domain(), limit=1)
        with self.assertRaises(AccessError):
            self._as(self.seller, run._name).browse(run.id).read(["counts"])

    def test_accuracy_of_a_value_model(self) -> None:
        policy = self.env["crm.value.policy"].search(self._domain(), limit=1)
        seen = self._as(self.seller, policy._name).browse(policy.id)
        self.assertFalse(seen.accuracy_html)

    def test_own_customers_are_explained(self) -> None:
        """Without a look at the run, which counts everybody's."""
        profile = self._profile(self.mine[0])
        seen = self._as(self.seller, profile._name).browse(profile.id)
        self.assertEqual(
            seen._get_explanation()["summary"], profile._get_explanation()["summary"]
        )

    # -------------------------------------------------------------------- changes
    def test_another_team_another_view(self) -> None:
        """Whoever is no longer in the team is no longer seen, at once."""
        model = "crm.value.profile"
        domain = [*self._domain(), ("partner_id", "in", self.theirs.ids)]
        self.assertEqual(self._as(self.leader, model).search_count(domain), 2)
        self.team.crm_team_member_ids.active = False
        self.assertFalse(self._as(self.leader, model).search_count(domain))
        self.team.crm_team_member_ids = [Command.create({"user_id": self.colleague.id})]
        self.assertEqual(self._as(self.leader, model).search_count(domain), 2)
        self.team.user_id = self.seller
        self.assertFalse(self._as(self.leader, model).search_count(domain))
        self.assertEqual(self._as(self.seller, model).search_count(domain), 2)
        self.team.unlink()
        self.assertFalse(self._as(self.seller, model).search_count(domain))

    def test_another_salesperson(self) -> None:
        self.theirs.user_id = self.seller
        found = self._as(self.seller, "crm.value.profile").search(
            [("partner_id", "in", self.theirs.ids)]
        )
        self.assertEqual(found.partner_id, self.theirs)

    def test_churn_of_a_colleagues_customer(self) -> None:
        self.env["crm.churn.record"].search(self._domain()).action_withdraw()
        vals = {"reason_id": self.env["crm.churn.reason"].search([], limit=1).id}
        for user, hidden in self._get_expected():
            records = self._as(user, "crm.churn.record")
            for customer in (self.mine + self.theirs + self.nobodys)[::2]:
                with self.subTest(user=user.login, customer=customer.name):
                    with self.env.cr.savepoint() as savepoint:
                        if customer in hidden:
                            with self.assertRaises(AccessError):
                                records.create({**vals, "partner_id": customer.id})
                        else:
                            records.create({**vals, "partner_id": customer.id})
                        savepoint.rollback()
