from datetime import time, timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import SQL, mute_logger

from .common import RetentionCommon


@tagged("post_install", "-at_install")
class TestValueOutreach(RetentionCommon):
    """Each owner is asked to act for the right customers, once."""

    def test_save_and_win_back(self):
        actions = self._schedule()
        self.assertEqual(actions.partner_id, self.at_risk + self.lost)
        by_kind = actions.grouped("kind")
        self.assertEqual(by_kind["save"].partner_id, self.at_risk)
        self.assertEqual(by_kind["winback"].partner_id, self.lost)
        self.assertEqual(set(actions.mapped("outcome")), {"open"})
        action = by_kind["save"].filtered(lambda a: a.partner_id == self.at_risk[0])
        profile = self._profile(self.at_risk[0])
        self.assertRecordValues(
            action,
            [
                {
                    "episode": profile.last_purchase,
                    "date": self.today,
                    "user_id": self.seller.id,
                    "tier_id": profile.tier_id.id,
                    "clv_predictive": profile.clv_predictive,
                }
            ],
        )
        self.assertRecordValues(
            action.activity_id,
            [
                {
                    "res_model": "res.partner",
                    "res_id": self.at_risk[0].id,
                    "res_name": "Value Test Rung 6",
                    "user_id": self.seller.id,
                    "activity_type_id": self.env.ref(
                        "crm_value_retention.mail_activity_type_save"
                    ).id,
                    "date_deadline": self.today + timedelta(days=3),
                    "automated": True,
                }
            ],
        )
        self.assertIn("Bought once", action.activity_id.note)
        self.assertEqual(len(actions.activity_id), len(actions))

    def test_never_twice(self):
        """Nor when the activity is done, nor when the level goes down and up again."""
        actions = self._schedule()
        actions[0].activity_id.action_done()
        actions[1].activity_id.unlink()
        self.assertFalse(self._schedule())
        self._set_model(churn_high=90)
        self._run()
        self.assertNotEqual(self._profile(self.at_risk[0]).churn_level, "high")
        self._set_model(churn_high=60)
        self._run()
        self.assertEqual(self._profile(self.at_risk[0]).churn_level, "high")
        self._pass_days(actions, 5)
        self.assertFalse(self._schedule())

    def test_next_episode(self):
        """Who bought again and falls silent again is worth another activity."""
        action = self._schedule().filtered(lambda a: a.partner_id == self.at_risk[3])
        self._buy(self.at_risk[3], self.today - timedelta(days=200), 50)
        self._run()
        action.episode -= timedelta(days=100)
        again = self._schedule()
        self.assertEqual(again.partner_id, self.at_risk[3])
        self.assertEqual(again.episode, self.today - timedelta(days=200))

    def test_an_order_dated_ahead_is_no_sign_of_life(self):
        """Two lost customers alike: that one has an order of 2062 hides nobody."""
        typo = self._create_customer("Value Test Typo", user_id=self.seller.id)
        self._buy(typo, self.today - timedelta(days=400), 300)
        self._buy(typo, fields.Date.add(self.today, years=36), 100)
        self._buy(self.at_risk[0], self.today + timedelta(days=1), 100)
        self._run()
        self.assertEqual(self._profile(typo).revenue_total, 300)
        wanted = self._schedule().partner_id
        self.assertEqual(wanted, self.at_risk + self.lost + typo)

    def test_an_order_of_today_is_one(self):
        """Confirmed since the last computation, until the end of the company's day."""
        self._buy(self.at_risk[0], self.today, 100, at=time(23, 59))
        profile = self._profile(self.at_risk[0])
        profile.as_of = self.today - timedelta(days=1)
        self.assertNotIn(self.at_risk[0], self._schedule().partner_id)

    def test_nobody_is_asked_for_a_look_at_the_past(self):
        """Who looks at last year does not hand out its work."""
        expected = self.at_risk + self.lost
        self._run(self.today - timedelta(days=300))
        self.assertEqual(self._schedule().partner_id, expected)
        self.assertEqual(self._profile(self.lost).as_of, self.today)

    def test_limit_per_day(self):
        """The most urgent kind and the most valuable customers first."""
        self.company.crm_value_outreach_limit = 2
        first = self._schedule()
        self.assertEqual(len(first), 2)
        best = self.env["crm.value.profile"].search(
            [
                ("partner_id", "in", self.at_risk.ids),
                ("company_id", "=", self.company.id),
            ],
            order="clv_predictive desc, partner_id",
            limit=2,
        )
        self.assertEqual(first.partner_id, best.partner_id)
        self.assertFalse(self._schedule())
        self._pass_days(first, 1)
        second = self._schedule()
        self.assertEqual(second.partner_id, self.at_risk - first.partner_id)
        self._pass_days(second, 1)
        self.assertEqual(self._schedule().partner_id, self.lost)

    def test_off_by_default(self):
        company = self._mirror_company(self.lost, self.at_risk[0])
        self.assertFalse(company.crm_value_save or company.crm_value_winback)
        self.assertFalse(self._schedule(company))
        self.company.crm_value_save = False
        self.assertEqual(self._schedule().partner_id, self.lost)

    def test_lowest_tier_stays(self):
        """Without it, activities would be created for the customers of all tiers."""
        tier = self.env["crm.value.tier"].create({"name": "Value Test Lowest"})
        self.company.crm_value_outreach_tier_id = tier
        admin = self._create_user(
            "value_tiers", "base.group_system,crm_value_tiering.group_value_manager"
        )
        with self.assertRaisesRegex(UserError, "settings name them: Value Test Lowest"):
            tier.with_user(admin).unlink()

    def test_owner(self):
        """Salesperson, else the leader of the last order's team, else the fallback."""
        leader = self._create_user("value_leader", "sales_team.group_sale_salesman")
        team = self.env["crm.team"].create(
            {"name": "Value Test Team", "user_id": leader.id, "company_id": False}
        )
        gone = self._create_user("value_gone", "sales_team.group_sale_salesman")
        foreigner = self._create_user("value_far", "sales_team.group_sale_salesman")
        by_leader, by_fallback, by_fallback_too, by_seller = self.at_risk
        by_leader.user_id = gone
        orders = self.env["sale.order"].search([("partner_id", "in", self.at_risk.ids)])
        orders.team_id = False
        orders.filtered(lambda o: o.partner_id == by_leader).team_id = team
        by_fallback.user_id = False
        by_fallback_too.user_id = foreigner
        gone.active = False
        ahead = self._buy(by_fallback, fields.Date.add(self.today, years=36), 5)
        ahead.team_id = team  # no last order yet
        other = self._create_company("Value Test Elsewhere")
        foreigner.write(
            {"company_ids": [Command.set(other.ids)], "company_id": other.id}
        )
        owners = {action.partner_id: action.user_id for action in self._schedule()}
        self.assertEqual(owners[by_leader], leader)
        self.assertEqual(owners[by_fallback], self.manager)
        self.assertEqual(owners[by_fallback_too], self.manager)
        self.assertEqual(owners[by_seller], self.seller)

    def test_archived_team(self):
        """Its leader is nobody's any more: the fallback is asked."""
        leader = self._create_user("value_leader", "sales_team.group_sale_salesman")
        team = self.env["crm.team"].create(
            {"name": "Value Test Team", "user_id": leader.id, "company_id": False}
        )
        self.at_risk.user_id = False
        orders = self.env["sale.order"].search([("partner_id", "in", self.at_risk.ids)])
        orders.team_id = team
        preview = self.actions._get_candidates_sql(
            self.company, self.today, self.actions._get_options(self.company)
        )
        owners = SQL("SELECT user_id FROM (%s) one WHERE kind = 'save'", preview)
        self.actions._flush_candidates()
        self.assertEqual(set(self.env.execute_query(owners)), {(leader.id,)})
        team.active = False
        self.assertEqual(
            self._schedule().filtered(lambda a: a.kind == "save").user_id, self.manager
        )

    def test_archived_type(self):
        """The job goes on with a to-do; the type cannot be deleted."""
        kind = self.env.ref("crm_value_retention.mail_activity_type_save")
        with self.assertRaisesRegex(UserError, "cannot delete Save customer"):
            kind.unlink()
        kind.active = False
        activity = self._schedule().filtered(lambda a: a.kind == "save").activity_id
        self.assertEqual(
            activity.activity_type_id, self.env.ref("mail.mail_activity_data_todo")
        )
        self.assertEqual(set(activity.mapped("summary")), {kind.summary})

    def test_nobody_responsible(self):
        """Better no activity than one that nobody sees."""
        self.company.crm_value_outreach_user_id = False
        orders = self.env["sale.order"].search([("partner_id", "in", self.at_risk.ids)])
        orders.team_id = False
        self.at_risk[0].user_id = False
        self.assertEqual(
            self.actions._preview(self.company)["save"],
            {"today": 3, "waiting": 0, "nobody": 1},
        )
        self.assertNotIn(self.at_risk[0], self._schedule().partner_id)

    def test_worth_the_effort(self):
        values = {
            partner: self._profile(partner).clv_predictive for partner in self.at_risk
        }
        self.company.crm_value_outreach_min_clv = sorted(values.values())[2]
        self.assertEqual(
            self.actions._preview(self.company)["save"]["today"],
            sum(value >= sorted(values.values())[2] for value in values.values()),
        )
        self.company.crm_value_outreach_min_clv = 0
        self.company.crm_value_outreach_tier_id = self.tier_mid
        expected = self.at_risk.filtered(
            lambda p: self._profile(p).tier_id in self.tier_high + self.tier_mid
        )
        self.assertNotEqual(expected, self.at_risk)
        saved = self._schedule().filtered(lambda a: a.kind == "save")
        self.assertEqual(saved.partner_id, expected)

    def test_sign_of_life(self):
        """An order since the last computation, by any contact of the customer."""
        self._run(self.today - timedelta(days=1))
        contact = self._create_customer(parent_id=self.at_risk[0].id)
        self._buy(contact, self.today, 10)
        self.assertNotIn(self.at_risk[0], self._schedule().partner_id)

    def test_outcome(self):
        """A purchase after it, before it, too late or never."""
        actions = {a.partner_id: a for a in self._schedule()}
        kept, needless, left, waiting = self.at_risk
        self._pass_days(self.actions.browse([a.id for a in actions.values()]), 10)
        self._buy(kept, self.today - timedelta(days=10), 10)
        self._buy(needless, self.today - timedelta(days=11), 10)
        self._buy(self.lost, self.today - timedelta(days=3), 10)
        self._run()
        self.actions._update_outcomes(self.company, self.today)
        self.assertEqual(actions[kept].outcome, "kept")
        self.assertEqual(actions[kept].outcome_date, self.today - timedelta(days=10))
        self.assertEqual(actions[needless].outcome, "needless")
        self.assertEqual(actions[self.lost].outcome, "won_back")
        self.assertEqual(actions[left].outcome, "open")
        self._set_model(lost_days=260)
        self._run()
        self.assertEqual(self._profile(waiting).lifecycle, "lost")
        self.assertEqual(self.actions._update_outcomes(self.company, self.today), 1)
        self.assertRecordValues(
            actions[waiting], [{"outcome": "left", "outcome_date": self.today}]
        )
        self.assertEqual(actions[left].outcome, "open")

    def test_win_back_is_given_up(self):
        action = self._schedule().filtered(lambda a: a.kind == "winback")
        self._pass_days(action, 364)
        self.actions._update_outcomes(self.company, self.today)
        self.assertEqual(action.outcome, "open")
        self._pass_days(action, 1)
        self.actions._update_outcomes(self.company, self.today)
        self.assertEqual(action.outcome, "left")

    def test_preview(self):
        """The figures are what the job does, and looking does nothing."""
        self.company.crm_value_outreach_limit = 3
        preview = self.actions._preview(self.company)
        self.assertEqual(
            preview,
            {
                "save": {"today": 3, "waiting": 1, "nobody": 0},
                "winback": {"today": 0, "waiting": 1, "nobody": 0},
            },
        )
        self.assertFalse(self.actions.search([("company_id", "=", self.company.id)]))
        self.assertEqual(len(self._schedule()), 3)
        self.assertEqual(self.actions._preview(self.company)["save"]["today"], 0)

    def test_settings(self):
        """The page counts what would be, before anything is saved."""
        self.company.write({"crm_value_save": False, "crm_value_winback": False})
        self.manager.group_ids += self.env.ref("base.group_system")
        settings = self.env["res.config.settings"].with_user(self.manager)
        form = Form(settings.with_context(allowed_company_ids=self.company.ids))
        self.assertFalse(form.crm_value_outreach_preview)
        form.crm_value_save = True
        self.assertIn(
            "Save customer: 4 today, 0 on the", form.crm_value_outreach_preview
        )
        form.crm_value_outreach_limit = 1
        self.assertIn(
            "Save customer: 1 today, 3 on the", form.crm_value_outreach_preview
        )
        self.assertFalse(self.company.crm_value_save)
        form.save().execute()
        self.assertTrue(self.company.crm_value_save)
        self.assertEqual(self.company.crm_value_outreach_limit, 1)

    def test_scheduled_action(self):
        cron = self.env.ref("crm_value_retention.ir_cron_crm_value_outreach")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.invalidate_all()
        actions = self.actions.search([("company_id", "=", self.company.id)])
        self.assertEqual(actions.partner_id, self.at_risk + self.lost)
        self.assertTrue(all(action.activity_id for action in actions))

    def test_queries_do_not_grow(self):
        """Two customers cost as many queries as one."""
        self.company.crm_value_winback = False

        def count(limit):
            self.company.crm_value_outreach_limit = limit
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            actions = self._schedule()
            self.env.flush_all()
            queries = self.cr.sql_log_count - before
            self._pass_days(actions, 1)
            return len(actions), queries

        self.assertEqual(count(1)[0], 1)  # fills the registry's caches
        few, queries = count(1)
        many, more = count(2)
        self.assertEqual((few, many), (1, 2))
        self.assertLessEqual(more, queries)

    def test_merge(self):
        """Both were the subject of an action in the same episode: one row is left."""
        actions = self._schedule()
        kept, merged = self.at_risk[:2]
        for action in actions.filtered(lambda a: a.partner_id in kept + merged):
            action.episode = self.today - timedelta(days=190)
        other = actions.filtered(lambda a: a.partner_id == merged).copy(
            {"episode": self.today - timedelta(days=999)}
        )
        with mute_logger("odoo.addons.base.partner.merge"):
            self.env["base.partner.merge.automatic.wizard"].create(
                {
                    "partner_ids": [Command.set((kept + merged).ids)],
                    "dst_partner_id": kept.id,
                }
            ).action_merge()
        left = self.actions.search([("partner_id", "=", kept.id)])
        self.assertEqual(
            left.mapped("episode"),
            [self.today - timedelta(days=999), self.today - timedelta(days=190)],
        )
        self.assertIn(other, left)

    def test_reasons(self):
        """Each sign is named when it is there, and only then."""
        regular, fallen, refunded = self.env["res.partner"].create(
            [{"name": f"Value Test Sign {number}"} for number in range(3)]
        )
        self._buy_many(
            [(regular, self.today - timedelta(days=300 - 20 * n), 10) for n in range(3)]
            + [
                (fallen, self.today - timedelta(days=d), a)
                for d, a in ((500, 900), (200, 90))
            ]
            + [
                (refunded, self.today - timedelta(days=d), a)
                for d, a in ((9, 90), (5, -50))
            ]
        )
        self._run()
        signs = {}
        for partner in regular + fallen + refunded:
            reasons = self._profile(partner)._get_churn_reasons({"decline_rate": 30})
            signs[partner] = " ".join(reasons)
        self.assertIn("Used to buy every 20 days", signs[regular])
        self.assertIn("was 260 days ago", signs[regular])
        self.assertNotIn("below that", signs[regular])
        self.assertIn("is 90 % below that of", signs[fallen])
        self.assertNotIn("Used to buy", signs[fallen])
        self.assertIn("refunded, 56 % of what", signs[refunded])
        self.assertNotIn("refunded", signs[fallen])
        html = self._profile(regular).with_user(self.seller).explanation_html
        self.assertIn("Used to buy every 20 days", html)
