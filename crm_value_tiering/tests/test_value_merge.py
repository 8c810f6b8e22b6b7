import json
from datetime import timedelta

from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import ValueCommon


@tagged("post_install", "-at_install")
class TestValueMerge(ValueCommon):
    """A customer is merged, joins a company, is archived or forgotten."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls._ladder()
        cls.best, cls.worst = cls.customers[0], cls.customers[-1]
        cls._run()

    def _merge(self, kept, merged):
        wizard = self.env["base.partner.merge.automatic.wizard"].create(
            {
                "partner_ids": [Command.set((kept + merged).ids)],
                "dst_partner_id": kept.id,
            }
        )
        with mute_logger("odoo.addons.base.partner.merge"):
            wizard.action_merge()

    def _profiles(self, partners):
        return self.env["crm.value.profile"].search(
            [("partner_id", "in", partners.ids)]
        )

    def _history(self, profile):
        return self.env["crm.value.transition"].search(
            [("profile_id", "in", profile.ids)]
        )

    def _lead(self, partner):
        return self.env["crm.lead"].create(
            {
                "name": "Value Test Deal",
                "partner_id": partner.id,
                "company_id": self.company.id,
            }
        )

    def _watch_dirty(self):
        """The customers that are announced as changed, from now on."""
        dirty = []
        partners = self.registry["res.partner"]
        original = partners._mark_value_dirty

        def mark(records):
            dirty.extend(records.ids)
            return original(records)

        self.patch(partners, "_mark_value_dirty", mark)
        return dirty

    # -------------------------------------------------------------------- merge
    def test_merge_two_customers(self):
        """The profile of the one that stays is kept as it is, with both histories."""
        kept, gone = self.worst, self.best
        profile, other = self._profile(kept), self._profile(gone)
        changes = self._history(profile) + self._history(other)
        self.assertEqual(len(changes), 4)  # tier and stage of each
        lead = self._lead(gone)
        self.assertEqual(lead.value_tier_id, self.tier_high)
        before = profile.read(["tier_id", "value_score", "revenue_total", "as_of"])
        dirty = self._watch_dirty()
        self._merge(kept, gone)
        self.assertFalse(other.exists())
        self.assertEqual(self._profiles(kept), profile)
        self.assertEqual(
            profile.read(["tier_id", "value_score", "revenue_total", "as_of"]), before
        )
        history = self._history(profile)
        self.assertEqual(
            history, changes.sorted(lambda c: (c.date, c.id), reverse=True)
        )
        self.assertEqual(history.partner_id, kept)
        self.assertEqual(
            {(change.is_merged, change.to_tier_id) for change in history},
            {
                (False, self.tier_low),
                (False, self.env["crm.value.tier"]),
                (True, self.tier_high),
                (True, self.env["crm.value.tier"]),
            },
        )
        self.assertEqual(lead.partner_id, kept)
        self.assertEqual(lead.value_tier_id, self.tier_low)
        self.assertIn(kept.id, dirty)
        run = self._run()
        self.assertEqual(run.customer_count, 9)
        self.assertEqual(profile.revenue_total, 1190)

    def test_merge_in_two_companies(self):
        """The profile of a company in which only the other one bought moves along."""
        company = self._mirror_company(high=self.best, low=self.customers[1])
        both = self.best + self.customers[1]
        there = self._profile(self.best, company)
        kept = self.customers[2]
        here = self._profile(kept)
        self.assertEqual(len(self._profiles(both)), 4)
        self._merge(kept, both)
        self.assertEqual(self._profiles(kept), here + there)
        self.assertEqual(here.company_id, self.company)
        self.assertEqual(there.company_id, company)
        self.assertEqual(there.tier_id, self.tier_high)  # the one with more revenue
        self.assertEqual(len(self._history(here)), 6)
        self.assertEqual(len(self._history(there)), 4)
        self.assertEqual(self._history(here + there).partner_id, kept)
        self.assertEqual(
            len(self._history(there).filtered("is_merged")), 2, "of the smaller one"
        )
        for computed in (self.company, company):
            self._run(company=computed)
        self.assertEqual(self._profile(kept).revenue_total, 1000 + 910 + 820)
        self.assertEqual(self._profile(kept, company).revenue_total, 909)

    def test_merge_into_a_contact(self):
        """Merged into somebody's contact, the history is the company's."""
        parent = self._create_customer("Value Test Parent", is_company=True)
        contact = self._create_customer("Value Test Buyer", parent_id=parent.id)
        self.env["crm.value.override"].create(
            {
                "company_id": self.company.id,
                "partner_id": self.worst.id,
                "tier_id": self.tier_high.id,
                "reason": "Value test person",
                "date_from": self.company._get_value_today(),
            }
        )
        profile = self._profile(self.worst)
        self.assertEqual(profile.tier_id, self.tier_high)
        self._merge(contact, self.worst)
        self.assertEqual(profile.partner_id, parent)
        self.assertFalse(profile.override_id)
        self.assertEqual(profile.tier_id, self.tier_low)
        self.assertEqual(contact.value_profile_id, profile)
        self._run()
        self.assertEqual(profile.revenue_total, 190)

    def test_merge_contacts_of_companies(self):
        """Two contacts of two customers: the orders go, both customers are told."""
        contacts = self.env["res.partner"].create(
            [
                {"name": "Value Test Buyer", "parent_id": parent.id}
                for parent in (self.best, self.worst)
            ]
        )
        self._buy(contacts[0], self.as_of, 500)
        self._run()
        self.assertEqual(self._profile(self.best).revenue_total, 1500)
        dirty = self._watch_dirty()
        self._merge(contacts[1], contacts[0])
        self.assertLessEqual(set((self.best + self.worst).ids), set(dirty))
        self.assertEqual(len(self._profiles(self.best + self.worst)), 2)
        self._run()
        self.assertEqual(self._profile(self.best).revenue_total, 1000)
        self.assertEqual(self._profile(self.worst).revenue_total, 690)

    def test_merge_strangers(self):
        """Contacts without any value are merged as ever."""
        kept, gone = self.env["res.partner"].create(
            [{"name": "Value Test Stranger"}, {"name": "Value Test Stranger"}]
        )
        self._merge(kept, gone)
        self.assertFalse(gone.exists())
        self.assertFalse(self._profiles(kept))

    # ------------------------------------------------------------------- parents
    def test_join_a_customer(self):
        """A customer becomes the contact of another: one profile, both histories."""
        lead = self._lead(self.best)
        parent = self.worst
        profile, gone = self._profile(parent), self._profile(self.best)
        dirty = self._watch_dirty()
        with Form(self.best.with_user(self.manager)) as form:
            form.parent_id = parent
        self.assertFalse(gone.exists())
        self.assertEqual(self._profiles(self.best + parent), profile)
        self.assertEqual(len(self._history(profile)), 4)
        self.assertEqual(self.best.value_tier_id, self.tier_low)
        self.assertEqual(lead.value_tier_id, self.tier_low)
        self.assertLessEqual(set((self.best + parent).ids), set(dirty))
        self._run()
        self.assertEqual(profile.revenue_total, 1190)
        self.assertFalse(self._profile(self.best) - profile)

    def test_join_a_stranger(self):
        """The new company has no value yet: it takes the contact's over."""
        parent = self._create_customer("Value Test Parent", is_company=True)
        profile = self._profile(self.best)
        self.best.parent_id = parent
        self.assertEqual(profile.partner_id, parent)
        self.assertEqual(self._history(profile).partner_id, parent)
        self.assertFalse(any(self._history(profile).mapped("is_merged")))
        self.assertEqual(parent.value_tier_id, self.tier_high)
        self.assertEqual(self._run().written_count, 0)

    def test_no_company_any_more(self):
        """A company below another becomes a person: a contact like any other."""
        self.best.write({"is_company": True, "parent_id": self.worst.id})
        self.assertEqual(self.best.commercial_partner_id, self.best)
        profile = self._profile(self.best)
        self.assertEqual(profile.tier_id, self.tier_high)
        self.best.is_company = False
        self.assertFalse(profile.exists())
        self.assertEqual(self.best.value_profile_id, self._profile(self.worst))

    def test_leave_a_customer(self):
        """Alone again: a profile of its own with the next computation."""
        contact = self._create_customer("Value Test Buyer", parent_id=self.best.id)
        self._buy(contact, self.as_of, 700)
        self._run()
        lead = self._lead(contact)
        self.assertEqual(lead.value_tier_id, self.tier_high)
        dirty = self._watch_dirty()
        contact.parent_id = False
        self.assertFalse(lead.value_tier_id)
        self.assertLessEqual({contact.id, self.best.id}, set(dirty))
        self._run()
        self.assertEqual(self._profile(contact).revenue_total, 700)
        self.assertEqual(self._profile(self.best).revenue_total, 1000)

    def test_there_and_back(self):
        """Whoever keeps contacts may err: history and class come back, nothing is lost."""
        clerk = self._create_user(
            "value_clerk", "base.group_user,base.group_partner_manager"
        )
        parent = self.worst
        own, theirs = (self._history(self._profile(p)) for p in (self.best, parent))
        for parent in (self.worst, self._create_customer("Value Test Parent")):
            before = own.read(["date", "kind", "to_tier_id", "is_merged", "partner_id"])
            with self.subTest(parent=parent.name):
                self.best.with_user(clerk).parent_id = parent
                self.assertEqual(own.partner_id, parent)
                self.best.with_user(clerk).parent_id = False
                profile = self._profile(self.best)
                self.assertEqual(profile.tier_id, self.tier_high)
                self.assertEqual(profile.lifecycle, "new")
                self.assertEqual(self._history(profile), own)
                self.assertEqual(
                    own.read(["date", "kind", "to_tier_id", "is_merged", "partner_id"]),
                    before,
                )
                self.assertFalse(own.origin_partner_id)
        self.assertEqual(self._history(self._profile(self.worst)), theirs)
        self.assertFalse(self._profiles(parent), "taken over, and given back whole")
        self._run()
        self.assertEqual(self._history(self._profile(self.best)), own, "as it was")
        self.assertEqual(self._profile(self.best).revenue_total, 1000)

    def test_back_after_a_computation(self):
        """What happened to both of them together stays with the company."""
        parent = self._create_customer("Value Test Parent", is_company=True)
        own = self._history(self._profile(self.best))
        self.best.parent_id = parent
        self._buy(self.best, self.as_of, -3000)
        self._run()
        self.assertEqual(parent.value_tier_id, self.tier_mid)
        self.best.parent_id = False
        profile = self._profile(self.best)
        self.assertEqual(self._history(profile), own)
        self.assertEqual(profile.tier_id, self.tier_high, "as it was when they joined")
        self.assertEqual(len(self._history(self._profile(parent))), 1)
        self._run()
        self.assertEqual(profile.tier_id, self.tier_mid)

    def test_change_company(self):
        contact = self._create_customer("Value Test Buyer", parent_id=self.best.id)
        self._buy(contact, self.as_of, 700)
        self._run()
        lead = self._lead(contact)
        contact.parent_id = self.worst
        self.assertEqual(lead.value_tier_id, self.tier_low)
        self._run()
        self.assertEqual(self._profile(self.best).revenue_total, 1000)
        self.assertEqual(self._profile(self.worst).revenue_total, 890)

    def test_a_person_is_not_the_company(self):
        """A tier set by hand for a person does not become the company's."""
        override = self.env["crm.value.override"].create(
            {
                "company_id": self.company.id,
                "partner_id": self.worst.id,
                "tier_id": self.tier_high.id,
                "reason": "Value test person",
                "date_from": self.company._get_value_today() - timedelta(days=1),
            }
        )
        parent = self._create_customer("Value Test Parent", is_company=True)
        self.worst.with_user(self.manager).parent_id = parent
        self.assertEqual(override.date_to, self.company._get_value_today())
        self.assertEqual(parent.value_tier_id, self.tier_low)
        self.assertEqual(self._profile(parent).override_id.id, False)

    def test_other_changes_cost_nothing(self):
        partner = self.best
        partner.comment = "a"
        self.env.flush_all()
        dirty = self._watch_dirty()
        partner.write({"comment": "b", "name": "Value Test Renamed"})
        self.assertFalse(dirty)
        self.assertEqual(self._profile(partner).display_name, "Value Test Renamed")

    # ------------------------------------------------------- archived, forgotten
    def test_archived(self):
        """An archived customer keeps the last value, and is announced when back."""
        dirty = self._watch_dirty()
        profile = self._profile(self.best)
        before = profile.read()
        self.best.action_archive()
        self._run()
        self.assertEqual(profile.read(["tier_id"])[0]["tier_id"], before[0]["tier_id"])
        self.assertEqual(profile.revenue_total, 1000)
        self.best.action_unarchive()
        self.assertEqual(dirty, [self.best.id] * 2)
        self.assertEqual(self._run().customer_count, 10)

    def test_models_forget_with_the_contact(self):
        found = self._check_forgotten("crm_value_tiering")
        self.assertLessEqual({"crm.value.profile", "crm.value.transition"}, found)

    def test_runs_hold_no_names(self):
        """What a computation keeps as JSON says nothing of a person."""
        self.best.write({"name": "Xanthippe Zirconium", "email": "xz@example.com"})
        run = self._run()
        kept = json.dumps([run.parameters, run.calibration, run.fit, run.counts])
        for part in ("Xanthippe", "xz@example.com", "Value Test Rung"):
            self.assertNotIn(part, kept)

    def test_deleted_with_a_tier_set_by_hand(self):
        """All tables of ours are empty of a contact that was deleted."""
        orders = self.env["sale.order"].search([("partner_id", "=", self.best.id)])
        orders._action_cancel()
        orders.unlink()
        self.env["crm.value.override"].create(
            {
                "company_id": self.company.id,
                "partner_id": self.best.id,
                "tier_id": self.tier_low.id,
                "reason": "Value test person",
                "date_from": self.company._get_value_today(),
            }
        )
        gone = self.best.id
        self.best.unlink()
        for model in (
            "crm.value.profile",
            "crm.value.transition",
            "crm.value.override",
        ):
            with self.subTest(model=model):
                self.assertFalse(self.env[model].search([("partner_id", "=", gone)]))

    # ------------------------------------------------------------------ companies
    def test_company_of_the_user(self):
        """Whoever moves to another company sees that company's values."""
        company = self._mirror_company(high=self.worst, low=self.best)
        self.seller.company_ids = [Command.link(company.id)]
        plain = {"allowed_company_ids": None}
        best = self.best.with_user(self.seller).with_context(**plain)
        self.assertEqual(best.value_tier_id, self.tier_high)
        lead = self._lead(self.best)
        lead.write({"company_id": False, "user_id": self.seller.id})
        self.assertFalse(lead.value_tier_id, "a lead of all companies")
        self.seller.company_id = company
        best = self.best.with_user(self.seller).with_context(**plain)
        self.assertEqual(best.value_tier_id, self.tier_low)
        lead.company_id = company
        self.assertEqual(lead.value_tier_id, self.tier_low)
