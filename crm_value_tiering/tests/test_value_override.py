from datetime import timedelta

import psycopg2

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, HttpCase, tagged
from odoo.tools import mute_logger

from .common import ValueCommon


class OverrideCommon(ValueCommon):
    """The ladder computed as of today: what a manager sets holds from today on."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.as_of = cls.company._get_value_today()
        cls.customers = cls._ladder()
        cls.best, cls.worst = cls.customers[0], cls.customers[9]
        cls._run()
        cls.overrides = cls.env["crm.value.override"].with_user(cls.manager)

    @classmethod
    def _set_tier(cls, partner, tier, **vals):
        return cls.overrides.create(
            {
                "company_id": cls.company.id,
                "partner_id": partner.id,
                "tier_id": tier.id,
                "reason": "They told us so",
                "date_from": cls.as_of,
                **vals,
            }
        )

    @classmethod
    def _move(cls, override, date_from, date_to):
        """As if it had been set on another day; nobody can, so in SQL."""
        override.flush_recordset()
        cls.env.cr.execute(
            "UPDATE crm_value_override SET date_from = %s, date_to = %s WHERE id = %s",
            [date_from, date_to, override.id],
        )
        override.invalidate_recordset()

    def _last_change(self, partner):
        return self.env["crm.value.transition"].search(
            [("partner_id", "=", partner.id), ("kind", "=", "tier")],
            order="id desc",
            limit=1,
        )


@tagged("post_install", "-at_install")
class TestValueOverride(OverrideCommon):
    """A manager knows more than the figures, for a while."""

    def test_at_once(self):
        """Contact, lead and history follow as soon as it is set, and when it ends."""
        lead = self.env["crm.lead"].create(
            {
                "name": "Value Test Deal",
                "partner_id": self._create_customer(parent_id=self.worst.id).id,
                "company_id": self.company.id,
            }
        )
        self.assertEqual(lead.value_tier_id, self.tier_low)
        override = self._set_tier(self.worst, self.tier_high)
        profile = self._profile(self.worst)
        self.assertRecordValues(
            profile,
            [
                {
                    "tier_id": self.tier_high.id,
                    "earned_tier_id": self.tier_low.id,
                    "override_id": override.id,
                }
            ],
        )
        self.assertEqual(self.worst.value_tier_id, self.tier_high)
        self.assertEqual(lead.value_tier_id, self.tier_high)
        self.assertRecordValues(
            self._last_change(self.worst),
            [
                {
                    "reason": "override",
                    "override_id": override.id,
                    "note": "They told us so",
                    "direction": "up",
                    "from_tier_id": self.tier_low.id,
                    "to_tier_id": self.tier_high.id,
                    "date": self.as_of,
                    "run_id": False,
                }
            ],
        )
        override.action_end()
        self.assertRecordValues(
            profile,
            [
                {
                    "tier_id": self.tier_low.id,
                    "earned_tier_id": False,
                    "override_id": False,
                }
            ],
        )
        self.assertEqual(lead.value_tier_id, self.tier_low)
        self.assertRecordValues(
            self._last_change(self.worst),
            [{"reason": "override_ended", "direction": "down"}],
        )
        self.assertRecordValues(
            override, [{"date_to": self.as_of, "ended_by_id": self.manager.id}]
        )

    def test_survives_computations(self):
        """Until it ends, also when the figures move the customer meanwhile."""
        self._set_tier(
            self.worst, self.tier_low, date_to=self.as_of + timedelta(days=9)
        )
        self.assertEqual(self._run().written_count, 0)
        self._buy(self.worst, self.as_of, 10000)
        self._buy(self.worst, self.as_of - timedelta(days=1), 10000)
        run = self._run()
        profile = self._profile(self.worst)
        self.assertEqual(profile.tier_id, self.tier_low)
        self.assertEqual(profile.earned_tier_id, self.tier_high)
        self.assertEqual(self._last_change(self.worst).direction, "first")
        self.assertEqual(run.counts["tiers"][str(self.tier_low.id)]["customers"], 5)
        self._run(self.as_of + timedelta(days=8))
        self.assertEqual(profile.tier_id, self.tier_low)
        run = self._run(self.as_of + timedelta(days=9))
        self.assertEqual(profile.tier_id, self.tier_high)
        self.assertFalse(profile.override_id or profile.earned_tier_id)
        self.assertRecordValues(
            self._last_change(self.worst),
            [{"reason": "override_ended", "direction": "up", "run_id": run.id}],
        )

    def test_a_computation_finds_it(self):
        """One that begins tomorrow is applied by tomorrow's run, with its reason."""
        tomorrow = self.as_of + timedelta(days=1)
        override = self._set_tier(self.best, self.tier_low, date_from=tomorrow)
        self.assertEqual(self.best.value_tier_id, self.tier_high)
        self._run(tomorrow)
        self.assertEqual(self.best.value_tier_id, self.tier_low)
        self.assertRecordValues(
            self._last_change(self.best),
            [{"reason": "override", "override_id": override.id, "direction": "down"}],
        )

    def test_margin_is_measured_from_the_earned_tier(self):
        """Having been High by hand does not hold a customer near High afterwards."""
        model = self._set_model(hysteresis=100)
        override = self._set_tier(self.worst, self.tier_high)
        self._run()
        override.action_end()
        self._run(self.as_of + timedelta(days=1))
        self.assertEqual(self.worst.value_tier_id, self.tier_low)
        self.assertEqual(model.hysteresis, 100)

    def test_scheduled_action(self):
        """What ran out over night is undone without a computation, once."""
        override = self._set_tier(self.worst, self.tier_high)
        self._move(override, self.as_of - timedelta(days=9), self.as_of)
        cron = self.env.ref("crm_value_tiering.ir_cron_crm_value_override")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self.worst.value_tier_id, self.tier_low)
        self.assertEqual(self._last_change(self.worst).reason, "override_ended")
        self.assertEqual(self.overrides.sudo()._apply(self.company), 0)

    def test_queries_do_not_grow(self):
        """Applying fifty takes as many queries as applying one."""

        def count(partners):
            for partner in partners:
                override = self._set_tier(partner, self.tier_high)
                self._move(override, self.as_of - timedelta(days=9), self.as_of)
            self.env.flush_all()
            before = self.cr.sql_log_count
            self.assertEqual(
                self.overrides.sudo()._apply(self.company, partners.ids), len(partners)
            )
            return self.cr.sql_log_count - before

        few = count(self.customers[8])
        self.assertEqual(count(self.customers[1:8] + self.worst), few)

    def test_customer_without_purchases(self):
        """A prospect may matter, too: tier and reason are shown."""
        prospect = self._create_customer("Value Test Prospect")
        contact = self._create_customer("Value Test Contact", parent_id=prospect.id)
        override = self._set_tier(contact, self.tier_high)
        self.assertEqual(override.partner_id, prospect)
        self.assertEqual(contact.value_tier_id, self.tier_high)
        self._run()
        self.assertEqual(contact.value_tier_id, self.tier_high)
        why = self._profile(prospect)._get_explanation()["summary"]
        self.assertIn("They told us so", why[0])
        self.assertIn("No purchase", why[1])

    def test_explanation(self):
        self._set_tier(
            self.worst, self.tier_high, date_to=self.as_of + timedelta(days=1)
        )
        sentence = self._profile(self.worst)._get_explanation()["summary"][0]
        for part in ("High: set by value_manager", "until", "They told us so.", "Low."):
            self.assertIn(part, sentence)
        html = self.worst.with_user(self.seller).value_explanation_html
        self.assertIn("They told us so", html)
        self.assertNotIn("begins at", html)

    def test_other_company(self):
        """What one company decides leaves the other's tier alone."""
        mirror = self._mirror_company(self.worst, self.best)
        self._set_tier(self.worst, self.tier_mid)
        self.assertEqual(self._profile(self.worst, mirror).tier_id, self.tier_high)
        self.overrides.sudo().create(
            {
                "company_id": mirror.id,
                "partner_id": self.worst.id,
                "tier_id": self.tier_low.id,
                "reason": "Closed there",
                # the other company's day, which may be another one than ours
                "date_from": mirror._get_value_today(),
            }
        )
        self.assertEqual(self._profile(self.worst, mirror).tier_id, self.tier_low)
        self.assertEqual(self._profile(self.worst).tier_id, self.tier_mid)


@tagged("post_install", "-at_install")
class TestValueOverrideRules(OverrideCommon):
    """What the wizard does, and what nobody may do."""

    def _open_wizard(self, partner):
        action = partner.with_user(self.manager).action_set_value_tier()
        wizards = self.env[action["res_model"]].with_user(self.manager)
        return Form(wizards.with_context(**action["context"]))

    def test_wizard(self):
        with self._open_wizard(self.worst) as form:
            self.assertEqual(form.present_tier_id, self.tier_low)
            form.tier_id = self.tier_high
            form.reason = "Opens ten shops"
            form.last_day = self.as_of + timedelta(days=30)
        form.record.action_set()
        override = self.worst.value_override_id
        self.assertRecordValues(
            override,
            [
                {
                    "partner_id": self.worst.id,
                    "company_id": self.company.id,
                    "user_id": self.manager.id,
                    "date_from": self.as_of,
                    "date_to": self.as_of + timedelta(days=31),
                }
            ],
        )
        # A second one ends the first; both stay in the list.
        with self._open_wizard(self.worst) as form:
            self.assertEqual(form.present_id, override)
            form.tier_id = self.tier_mid
            form.reason = "Only two"
        form.record.action_set()
        self.assertEqual(self.worst.value_tier_id, self.tier_mid)
        self.assertEqual(override.date_to, self.as_of)
        self.assertFalse(override.is_active)
        active = self.overrides.search([("is_active", "=", True)])
        self.assertEqual(active, self.worst.value_override_id)
        self.assertIn(override, self.overrides.search([("is_active", "=", False)]))
        self._profile(self.worst).with_user(self.manager).action_end_override()
        self.assertEqual(self.worst.value_tier_id, self.tier_low)

    def test_wizard_refuses(self):
        form = self._open_wizard(self.worst)
        form.tier_id = self.tier_high
        form.reason = "  "
        with self.assertRaisesRegex(ValidationError, "Enter a reason"):
            form.save().action_set()
        form.reason = "Late"
        form.last_day = self.as_of - timedelta(days=1)
        with self.assertRaisesRegex(UserError, "is over"):
            form.save().action_set()
        self.assertFalse(self.worst.value_override_id)

    def test_never_two_at_once(self):
        self._set_tier(self.worst, self.tier_high)
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.errors.ExclusionViolation),
            self.cr.savepoint(),
        ):
            self._set_tier(self.worst, self.tier_mid)

    def test_the_past_stays(self):
        override = self._set_tier(self.worst, self.tier_high)
        with self.assertRaisesRegex(UserError, "cannot be changed"):
            override.tier_id = self.tier_mid
        with self.assertRaisesRegex(UserError, "cannot be changed"):
            override.date_to = self.as_of - timedelta(days=1)
        override.action_end()
        with self.assertRaisesRegex(UserError, "cannot be changed"):
            override.date_to = False
        with self.assertRaises(AccessError):
            override.unlink()

    def test_the_past_is_not_made_up(self):
        """Neither a beginning nor an end, nor who ended it."""
        yesterday = self.as_of - timedelta(days=1)
        for day in (yesterday, "2020-01-01"):
            with (
                self.assertRaisesRegex(UserError, "cannot be set for the past"),
                self.cr.savepoint(),
            ):
                self._set_tier(self.worst, self.tier_high, date_from=day)
        override = self._set_tier(self.worst, self.tier_high)
        for vals in (
            {"ended_by_id": self.seller.id},
            {"ended_by_id": self.seller.id, "date_to": self.as_of},
        ):
            with self.assertRaisesRegex(UserError, "cannot be changed"):
                override.write(vals)
        override.date_to = self.as_of + timedelta(days=9)
        self.assertFalse(override.ended_by_id)
        override.action_end()
        self.assertEqual(override.ended_by_id, self.manager)

    def test_strange_days(self):
        """Sentences, where a range or a date beyond all calendars would fail."""
        with self.assertRaisesRegex(ValidationError, "would end before it begins"):
            self._set_tier(
                self.worst, self.tier_high, date_to=self.as_of - timedelta(days=1)
            )
        override = self._set_tier(self.worst, self.tier_high)
        wizards = self.env["crm.value.override.set"].with_user(self.manager)
        for day in ("9999-12-31", "x", 5):
            with self.assertRaisesRegex(ValidationError, "must be between"):
                override.write({"date_to": day})
            with self.assertRaisesRegex(ValidationError, "must be between"):
                wizards.create(
                    {
                        "partner_id": self.best.id,
                        "tier_id": self.tier_high.id,
                        "reason": "For ever",
                        "last_day": day,
                    }
                )

    def test_the_author_is_not_chosen(self):
        override = self._set_tier(self.worst, self.tier_high, user_id=self.seller.id)
        self.assertEqual(override.user_id, self.manager)

    def test_sellers_only_look(self):
        override = self._set_tier(self.worst, self.tier_high)
        as_seller = override.with_user(self.seller)
        self.assertEqual(as_seller.read(["reason"])[0]["reason"], "They told us so")
        with self.assertRaises(AccessError):
            as_seller.action_end()
        with self.assertRaises(AccessError):
            self.worst.with_user(self.seller).action_end_value_override()
        with self.assertRaises(AccessError):
            self.overrides.with_user(self.seller).create(
                {
                    "partner_id": self.best.id,
                    "tier_id": self.tier_low.id,
                    "reason": "No",
                }
            )
        view = self.env["res.partner"].get_views([(False, "form")])["views"]["form"]
        self.assertIn("action_set_value_tier", view["arch"])
        for user in (self.seller, self.outsider):
            partners = self.env["res.partner"].with_user(user)
            view = partners.get_views([(False, "form")])["views"]["form"]
            self.assertNotIn("action_set_value_tier", view["arch"])

    def test_other_companies_stay_closed(self):
        other = self._create_company("Value Test Other Company")
        with self.assertRaises(AccessError):
            self._set_tier(self.worst, self.tier_high, company_id=other.id)

    # -------------------------------------------------------------------- merge
    def _merge(self, kept, merged):
        with mute_logger("odoo.addons.base.partner.merge"):
            self.env["base.partner.merge.automatic.wizard"].create(
                {
                    "partner_ids": [Command.set((kept + merged).ids)],
                    "dst_partner_id": kept.id,
                }
            ).action_merge()

    def test_merge_newest_wins(self):
        """Whichever of the two contacts is kept."""
        pairs = ((self.best, self.customers[1]), (self.customers[8], self.worst))
        for (first, second), kept in zip(pairs, (self.best, self.worst), strict=True):
            with self.subTest(kept=kept.name):
                older = self._set_tier(first, self.tier_mid)
                self._move(older, self.as_of - timedelta(days=20), None)
                newer = self._set_tier(second, self.tier_low)
                self._merge(kept, first + second - kept)
                self.assertEqual((older + newer).partner_id, kept)
                self.assertRecordValues(
                    older + newer,
                    [{"date_to": self.as_of}, {"date_to": False}],
                )
                profile = self._profile(kept)
                self.assertEqual(profile.override_id, newer)
                self.assertEqual(profile.tier_id, self.tier_low)
                self._run()
                self.assertEqual(profile.tier_id, self.tier_low)

    def test_merge_same_day(self):
        """Both set today: the earlier decision held for no day."""
        older = self._set_tier(self.best, self.tier_mid)
        newer = self._set_tier(self.worst, self.tier_low)
        self._merge(self.best, self.worst)
        self.assertEqual(older.date_to, older.date_from)
        self.assertEqual(self.best.value_override_id, newer)

    def test_merge_one_after_the_other(self):
        """Periods that do not touch stay as they were."""
        older = self._set_tier(self.best, self.tier_mid)
        earlier = self.as_of - timedelta(days=20)
        self._move(older, earlier, earlier + timedelta(days=5))
        newer = self._set_tier(self.worst, self.tier_low)
        self._merge(self.best, self.worst)
        self.assertEqual(older.date_to, earlier + timedelta(days=5))
        self.assertEqual(self.best.value_tier_id, newer.tier_id)


@tagged("post_install", "-at_install")
class TestValueOverrideUi(OverrideCommon, HttpCase):
    def test_set_and_end(self):
        self.start_tour("/odoo", "crm_value_override", login="value_manager")
        override = self.env["crm.value.override"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertRecordValues(
            override,
            [
                {
                    "partner_id": self.best.id,
                    "tier_id": self.tier_low.id,
                    "reason": "Closes two shops",
                    "ended_by_id": self.manager.id,
                }
            ],
        )
        self.assertEqual(self.best.value_tier_id, self.tier_high)
