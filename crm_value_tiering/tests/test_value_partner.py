from datetime import timedelta

from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..models.crm_value_profile import CHURN_LEVELS, LIFECYCLES
from .common import ValueCommon


@tagged("post_install", "-at_install")
class TestValuePartner(ValueCommon):
    """The value on the contact: shown, searched, grouped and sorted."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls._ladder()
        cls.best, cls.worst = cls.customers[0], cls.customers[-1]
        cls.stranger = cls._create_customer("Value Test Stranger")
        cls._run()
        cls.everybody = cls.customers + cls.stranger
        cls.partners = cls.env["res.partner"].with_user(cls.seller)
        cls.domain = [("id", "in", cls.everybody.ids)]

    def _search(self, name, operator, value):
        """The test's contacts that a seller finds."""
        return self.partners.search([*self.domain, (name, operator, value)]).sudo()

    # -------------------------------------------------------------------- shown
    def test_shows_the_profile(self):
        profile = self._profile(self.best)
        self.assertEqual(profile.tier_id, self.tier_high)
        partner = self.best.with_user(self.seller)
        for name, source in self.env["res.partner"]._get_value_fields().items():
            self.assertEqual(partner[name], profile[source], name)
        self.assertEqual(partner.value_profile_id, profile)
        self.assertEqual(partner.value_strategy, self.tier_high.strategy)
        self.assertEqual(partner.value_explanation_html, profile.explanation_html)
        self.assertFalse(self.stranger.value_profile_id)
        self.assertFalse(self.stranger.value_tier_id)
        self.assertFalse(self.stranger.value_explanation_html)

    def test_contacts_share_the_value_of_their_company(self):
        """Contacts and addresses show, and are found by, the value of their company."""
        contact, address = self.env["res.partner"].create(
            [
                {"name": "Value Test Buyer", "parent_id": self.best.id},
                {
                    "name": "Value Test Office",
                    "parent_id": self.best.id,
                    "type": "delivery",
                },
            ]
        )
        for partner in contact + address:
            self.assertEqual(partner.value_profile_id, self._profile(self.best))
            self.assertEqual(partner.value_tier_id, self.tier_high)
        found = self.partners.search([("value_tier_id", "=", self.tier_high.id)])
        self.assertLessEqual(contact + address + self.best, found.sudo())

    def test_orders_of_contacts_count_for_the_company(self):
        """What a contact orders is the company's purchase."""
        contact = self._create_customer("Value Test Buyer", parent_id=self.worst.id)
        self._buy(contact, self.as_of, 5000)
        self._run()
        self.assertFalse(
            self.env["crm.value.profile"].search([("partner_id", "=", contact.id)])
        )
        profile = self._profile(self.worst)
        self.assertEqual(profile.purchase_days, 2)
        self.assertEqual(profile.revenue_total, 5190)
        self.assertEqual(contact.value_tier_id, self.tier_high)

    def test_each_company_its_own(self):
        """The same contact is worth something else to another company."""
        other = self._mirror_company(self.worst, self.best)
        self.seller.company_ids = [Command.link(other.id)]
        here, there = (
            self.worst.with_user(self.seller).with_context(
                allowed_company_ids=(first + second).ids
            )
            for first, second in ((self.company, other), (other, self.company))
        )
        self.assertEqual(here.value_tier_id, self.tier_low)
        self.assertEqual(there.value_tier_id, self.tier_high)
        self.assertEqual(here.value_revenue_year, 190)
        self.assertEqual(there.value_revenue_year, 900)
        high = [("value_tier_id", "=", self.tier_high.id), *self.domain]
        self.assertEqual(here.search(high).sudo(), self.customers[:2])
        self.assertEqual(there.search(high).sudo(), self.worst)
        groups = there.formatted_read_group(self.domain, ["value_tier_id"], ["__count"])
        self.assertEqual(
            {group["value_tier_id"] and group["value_tier_id"][0] for group in groups},
            {self.tier_high.id, self.tier_low.id, False},
        )
        self.assertEqual(here.with_company(other).value_tier_id, self.tier_high)

    # ----------------------------------------------------------------- searched
    def test_search_tier(self):
        high, mid, low = self.customers[:2], self.customers[2:6], self.customers[6:]
        ids = self.tier_high.id, self.tier_mid.id, self.tier_low.id
        for operator, value, expected in (
            ("=", ids[0], high),
            ("!=", ids[0], mid + low + self.stranger),
            ("in", ids[:2], high + mid),
            ("not in", ids[:2], low + self.stranger),
            ("=", False, self.stranger),
            ("!=", False, self.customers),
            ("in", [ids[2], False], low + self.stranger),
            ("not in", [ids[2], False], high + mid),
            ("ilike", self.tier_high.name, high),
        ):
            with self.subTest(operator=operator, value=value):
                self.assertEqual(
                    self._search("value_tier_id", operator, value), expected
                )
        domain = [*self.domain, ("value_tier_id.color", "=", self.tier_mid.color)]
        self.assertEqual(self.partners.search(domain).sudo(), mid)

    def test_search_selections(self):
        for name in ("value_lifecycle", "value_churn_level"):
            values = {partner: partner[name] for partner in self.everybody}
            self.assertGreater(len(set(values.values())), 2)
            for value in set(values.values()):
                expected = self.everybody.filtered(lambda p: values[p] == value)  # noqa: B023
                with self.subTest(field=name, value=value):
                    self.assertEqual(self._search(name, "=", value), expected)
                    self.assertEqual(self._search(name, "in", [value]), expected)
                    self.assertEqual(
                        self._search(name, "!=", value), self.everybody - expected
                    )

    def test_search_numbers(self):
        for name in ("value_score", "value_clv"):
            values = {partner: partner[name] for partner in self.customers}
            self.assertGreater(len(set(values.values())), 3)
            middle = sorted(values.values())[5]
            self.assertGreater(middle, 0)
            for operator, holds in (
                (">", lambda value: value > middle),  # noqa: B023
                (">=", lambda value: value >= middle),  # noqa: B023
                ("<", lambda value: value < middle),  # noqa: B023
                ("=", lambda value: value == middle),  # noqa: B023
            ):
                expected = self.customers.filtered(lambda p: holds(values[p]))  # noqa: B023
                with self.subTest(field=name, operator=operator):
                    self.assertEqual(self._search(name, operator, middle), expected)

    def test_search_profile(self):
        profile = self._profile(self.best)
        self.assertEqual(self._search("value_profile_id", "=", profile.id), self.best)
        self.assertEqual(self._search("value_profile_id", "=", False), self.stranger)
        self.assertEqual(self._search("value_profile_id", "!=", False), self.customers)
        self.assertEqual(
            self._search("value_profile_id.purchase_days", ">", 0), self.customers
        )

    # ---------------------------------------------------------- grouped, sorted
    def test_group(self):
        """Every group holds as many contacts as its own filter finds."""
        for name, groups_count in (
            ("value_tier_id", 4),
            ("value_lifecycle", 3),
            ("value_churn_level", 4),
        ):
            with self.subTest(field=name):
                groups = self.partners.formatted_read_group(
                    self.domain, [name], ["__count", "value_score:avg"]
                )
                self.assertEqual(len(groups), groups_count)
                self.assertEqual(sum(group["__count"] for group in groups), 11)
                for group in groups:
                    found = self.partners.search(
                        [*self.domain, *group["__extra_domain"]]
                    )
                    self.assertEqual(len(found), group["__count"])
                    profiles = found.sudo().value_profile_id
                    scores = profiles.mapped("value_score")
                    self.assertAlmostEqual(
                        group["value_score:avg"] or 0,
                        sum(scores) / len(scores) if scores else 0,
                    )

    def test_group_in_the_web_client(self):
        result = self.partners.web_read_group(
            self.domain,
            ["value_tier_id"],
            ["__count"],
            auto_unfold=True,
            unfold_read_specification={"display_name": {}, "value_tier_id": {}},
        )
        counts = {
            group["value_tier_id"] and group["value_tier_id"][0]: group["__count"]
            for group in result["groups"]
        }
        self.assertEqual(
            counts,
            {self.tier_high.id: 2, self.tier_mid.id: 4, self.tier_low.id: 4, False: 1},
        )
        self.assertEqual(sum(counts.values()), 11)
        described = self.partners.fields_get(
            ["value_tier_id", "value_lifecycle", "value_score"],
            ["groupable", "sortable", "searchable"],
        )
        for name, attributes in described.items():
            self.assertTrue(all(attributes.values()), (name, attributes))

    def test_group_counts_contacts_of_companies(self):
        """A join that multiplied rows would show here: two contacts, one profile."""
        self.env["res.partner"].create(
            [{"name": "Value Test Buyer", "parent_id": self.best.id}] * 2
        )
        domain = [("id", "child_of", self.best.ids)]
        groups = self.partners.formatted_read_group(
            domain, ["value_tier_id"], ["__count"]
        )
        self.assertEqual([group["__count"] for group in groups], [3])

    def test_sort(self):
        by_score = self.partners.search(
            [("id", "in", self.customers.ids)], order="value_score desc, id"
        ).sudo()
        scores = by_score.mapped("value_score")
        self.assertEqual(scores, sorted(scores, reverse=True))
        self.assertEqual(by_score, self.customers)
        self.assertEqual(
            self.partners.search(
                [("id", "in", self.customers.ids)], order="value_score, id desc"
            ).sudo()[0],
            self.worst,
        )

    # -------------------------------------------------------------- explanation
    def test_explanation(self):
        """Tier, each measured figure, its points, both values with their formula."""
        profile = self._profile(self.customers[2]).with_user(self.seller)
        html = str(profile.explanation_html).replace("\xa0", " ")
        for part in (
            "Mid: the value score of",
            "reaches the limit of",
            "New: the first purchase was on 04/26/2026",
            "last purchase 65 days ago, on 04/26/2026",
            "purchases in 365 days: 1",
            "820.00 V in 365 days",
            "different products: 1",
            "Annual Revenue × Retention: 656.00 V",  # 820 × 0.8
            "820.00 V revenue in the last 365 days × 80 % probability",
            "Predicted Lifetime Value",
            "820.00 V revenue in the last 365 days × 30 % margin × ",
            "10 % discount per year",
            "too few customers bought again for a forecast (0 of the 30 needed)",
        ):
            self.assertIn(part, html)
        self.assertNotIn("{", html)
        self.assertNotIn("<", self._profile(self.best)._get_explanation()["summary"][0])

    def test_explanation_escapes(self):
        self.tier_high.name = "<b>Gold & Silver</b>"
        html = str(self._profile(self.best).explanation_html)
        self.assertIn("&lt;b&gt;Gold &amp; Silver&lt;/b&gt;", html)

    def test_explanation_of_a_purchase_just_now(self):
        """Nobody says "1 days ago"."""
        day = self._profile(self.best).last_purchase
        for days, words in (
            (0, "last purchase on 06/25/2026, the day of these figures"),
            (1, "last purchase one day ago, on 06/25/2026"),
            (2, "last purchase 2 days ago, on 06/25/2026"),
        ):
            with self.subTest(days=days):
                self._run(day + timedelta(days=days))
                self.best.invalidate_recordset()
                self.assertIn(words, self.best.value_explanation_html)

    def test_explanation_in_chinese(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.tier_high.with_context(lang="zh_CN").name = "高价值"
        self.seller.lang = "zh_CN"
        partner = self.best.with_user(self.seller).with_context(lang="zh_CN")
        html = str(partner.value_explanation_html)
        self.assertIn("高价值", html)
        self.assertIn("1,000.00", html)
        english = str(partner.with_context(lang="en_US").value_explanation_html)
        self.assertNotIn("高价值", english)

    def test_form(self):
        """The form opens for a seller with the value, and saves other changes."""
        with Form(self.best.with_user(self.seller)) as form:
            self.assertEqual(form.value_tier_id, self.tier_high)
            self.assertTrue(form._view["modifiers"]["value_tier_id"]["readonly"])
            form.comment = "Value test comment"
        self.assertIn("Value test comment", str(self.best.comment))
        with Form(self.stranger.with_user(self.outsider)) as form:
            self.assertNotIn("value_tier_id", form._view["fields"])

    def test_selections_agree(self):
        fields = self.env["res.partner"]._fields
        self.assertEqual(fields["value_lifecycle"].selection, LIFECYCLES)
        self.assertEqual(fields["value_churn_level"].selection, CHURN_LEVELS)


@tagged("post_install", "-at_install")
class TestValuePartnerChanges(ValueCommon):
    """Contacts are merged, moved, archived and deleted; the next run is right."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls._ladder()
        cls._run()

    def _all_profiles(self, partner):
        return self.env["crm.value.profile"].search([("partner_id", "=", partner.id)])

    def test_merge(self):
        """One profile is left, and the next run counts the purchases of both."""
        kept, merged = self.customers[0], self.customers[1]
        merged_profile = self._profile(merged)
        wizard = self.env["base.partner.merge.automatic.wizard"].create(
            {
                "partner_ids": [Command.set((kept + merged).ids)],
                "dst_partner_id": kept.id,
            }
        )
        with mute_logger("odoo.addons.base.partner.merge"):
            wizard.action_merge()
        self.assertFalse(merged.exists())
        self.assertFalse(merged_profile.exists())
        self.assertEqual(len(self._all_profiles(kept)), 1)
        run = self._run()
        self.assertEqual(run.customer_count, 9)
        profile = self._all_profiles(kept)
        self.assertRecordValues(
            profile,
            [{"purchase_days": 2, "revenue_total": 1910, "as_of": self.as_of}],
        )

    def test_merge_into_a_contact_without_value(self):
        """The profile moves along, history included."""
        kept, merged = self._create_customer("Value Test Kept"), self.customers[0]
        profile = self._profile(merged)
        transitions = self.env["crm.value.transition"].search(
            [("profile_id", "=", profile.id)]
        )
        self.assertTrue(transitions)
        with mute_logger("odoo.addons.base.partner.merge"):
            self.env["base.partner.merge.automatic.wizard"].create(
                {
                    "partner_ids": [Command.set((kept + merged).ids)],
                    "dst_partner_id": kept.id,
                }
            ).action_merge()
        self.assertEqual(self._all_profiles(kept), profile)
        self.assertEqual(transitions.partner_id, kept)
        self.assertEqual(self._run().written_count, 0)
        self.assertEqual(kept.value_tier_id, self.tier_high)

    def test_new_parent(self):
        """A customer becomes somebody's contact: the purchases move to the parent."""
        moved, parent = self.customers[0], self.customers[9]
        moved.parent_id = parent
        self.assertEqual(moved.commercial_partner_id, parent)
        self._run()
        self.assertEqual(self._profile(parent).revenue_total, 1190)
        self.assertFalse(self._all_profiles(moved))
        self.assertEqual(moved.value_tier_id, parent.value_tier_id)
        # and back again
        moved.parent_id = False
        self._run()
        self.assertEqual(self._profile(moved).revenue_total, 1000)
        self.assertEqual(self._profile(parent).revenue_total, 190)
        self.assertEqual(moved.value_tier_id, self.tier_high)

    def test_archived(self):
        """An archived customer is left alone until taken back."""
        customer = self.customers[0]
        customer.action_archive()
        self.assertEqual(self._run().customer_count, 9)
        profile = self._all_profiles(customer)
        self._run(self.as_of - timedelta(days=1))
        self.assertEqual(profile.as_of, self.as_of)
        customer.action_unarchive()
        self.assertEqual(self._run().customer_count, 10)
        self.assertEqual(customer.value_tier_id, self.tier_high)

    def test_deleted(self):
        """Whoever is forgotten leaves nothing behind."""
        customer = self.customers[0]
        profile = self._profile(customer)
        orders = self.env["sale.order"].search([("partner_id", "=", customer.id)])
        orders._action_cancel()
        orders.unlink()
        transitions = self.env["crm.value.transition"].search(
            [("partner_id", "=", customer.id)]
        )
        self.assertTrue(transitions)
        customer.unlink()
        self.assertFalse(profile.exists())
        self.assertFalse(transitions.exists())
        self.assertEqual(self._run().customer_count, 9)

    def test_history(self):
        """The buttons open what changed for the customer, newest first."""
        customer = self.customers[9]
        self._buy(customer, self.as_of, 10000)
        self._buy(customer, self.as_of - timedelta(days=1), 10000)
        run = self._run()
        action = customer.with_user(self.seller).action_open_value_transitions()
        changes = self.env["crm.value.transition"].search(action["domain"])
        self.assertEqual(
            changes.filtered(lambda c: c.kind == "tier").mapped("direction"),
            ["up", "first"],
        )
        self.assertEqual(changes[0].run_id, run)
        self.assertEqual(changes.partner_id, customer)
        profile = self._profile(customer)
        self.assertEqual(profile.action_open_partner()["res_id"], customer.id)
        opened = self.env["crm.value.transition"].search(
            run.action_open_transitions()["domain"]
        )
        self.assertEqual(len(opened), run.transition_count)
        self.assertLess(set(changes.filtered(lambda c: c.run_id == run)), set(opened))
        shown = self.env["crm.value.profile"].search(
            run.action_open_profiles()["domain"]
        )
        self.assertEqual(shown.partner_id, self.customers)
        shown = self.env["crm.value.profile"].search(
            self.tier_high.action_open_customers()["domain"]
        )
        self.assertIn(profile, shown)
