import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg2

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.crm_value_tiering.tests.common_concurrency import ConcurrencyCase

WORKERS, ROUNDS = 6, 12
TABLES = ("crm_loyalty_move", "crm_loyalty_allocation", "crm_loyalty_lot")


@tagged("post_install", "-at_install")
class TestLedgerConcurrency(ConcurrencyCase):
    """Several at once, on connections of their own, with real commits."""

    NAME = "Loyalty Test Concurrent"

    def setUp(self):
        super().setUp()
        self._delete_data()  # of a run that was killed
        self.addCleanup(self._delete_data)
        with self._session() as env:
            company = env["res.company"].create({"name": self.NAME})
            company.partner_id.tz = "UTC"
            programs = env["loyalty.program"]
            program = programs._create_ledger_program(
                {
                    "name": self.NAME,
                    "company_id": company.id,
                    "reward_ids": programs._prepare_reward_commands(100, 10),
                }
            )
            partner = env["res.partner"].create({"name": self.NAME})
            self.company_id = company.id
            self.program_id, self.partner_id = program.id, partner.id
            env.ref("base.user_admin").company_ids += company

    def _delete_data(self):
        self.company_id = False
        with self._session() as env:
            company = env["res.company"].search([("name", "=", self.NAME)])
            own = [("company_id", "in", company.ids)]
            members = env["crm.loyalty.member"].with_context(active_test=False)
            members = members.search(own)
            orders = env["sale.order"].search(own)
            orders.state = "cancel"
            orders.unlink()
            env["crm.loyalty.event"].search(own).unlink()
            for table in TABLES:
                env.cr.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            if members:
                ids = [members.ids]
                env.cr.execute(
                    "DELETE FROM crm_loyalty_allocation WHERE move_id IN (SELECT id"
                    " FROM crm_loyalty_move WHERE member_id = ANY(%s))",
                    ids,
                )
                env.cr.execute(
                    "UPDATE crm_loyalty_move SET lot_id = NULL, reversal_of_id = NULL"
                    " WHERE member_id = ANY(%s)",
                    ids,
                )
                for table in ("crm_loyalty_lot", "crm_loyalty_move"):
                    env.cr.execute(
                        f"DELETE FROM {table} WHERE member_id = ANY(%s)", ids
                    )
            for table in TABLES:
                env.cr.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            env["crm.loyalty.referral"].search(own).unlink()
            cards = members.card_id
            members.unlink()
            cards.unlink()
            programs = env["loyalty.program"].search([("name", "=", self.NAME)])
            programs.active = False
            programs.unlink()
            env["product.product"].search([("name", "=", self.NAME)]).unlink()
            partners = env["res.partner"].search([("name", "=", self.NAME)])
            (partners - company.partner_id).unlink()
            env.ref("base.user_admin").company_ids -= company
            partner = company.partner_id
            company.unlink()
            partner.unlink()

    def _join(self, env):
        return env["crm.loyalty.member"]._join(
            env["loyalty.program"].browse(self.program_id),
            env["res.partner"].browse(self.partner_id),
        )

    def _earn(self, env, points, key, days=100):
        today = env["res.company"].browse(self.company_id)._get_value_today()
        return self._join(env)._earn(
            points,
            {"kind": "grant", "key": key},
            expires_on=today + timedelta(days=days),
        )

    def _at_once(self, *works):
        """Do each work in a transaction of its own at the same moment.

        As Odoo does: what meets a conflict is repeated with fresh data.

        :return: the results in order; the UserError of those who were refused
        """
        start = threading.Barrier(len(works))

        def run(work):
            for attempt in range(100):
                with self._session() as env:
                    env.cr.execute("SELECT 1")  # its view of the data is taken
                    if not attempt:
                        start.wait(timeout=30)
                    try:
                        result = work(env)
                        env.cr.commit()
                        return result
                    except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                        env.cr.rollback()
                        time.sleep(random.uniform(0, 0.05))
                    except UserError as error:
                        env.cr.rollback()
                        return error
            raise AssertionError("a conflict that does not end")

        with mute_logger("odoo.sql_db"), ThreadPoolExecutor(len(works)) as pool:
            return list(pool.map(run, works, timeout=120))

    def _assert_balance(self, available):
        with self._session() as env:
            member = self._join(env)
            self.assertEqual(member.available, available)
            self.assertEqual(round(100 * member.card_id.points), available)
            self.assertEqual(env["crm.loyalty.proof"]._get_findings(env.company), [])

    def test_first_event_makes_one_member(self):
        """Two first purchases at once: one member, one card, both purchases count."""

        def work(number):
            return lambda env: self._earn(env, 1000, f"first {number}").id

        self._at_once(*(work(number) for number in range(4)))
        with self._session() as env:
            own = [("program_id", "=", self.program_id)]
            self.assertEqual(env["crm.loyalty.member"].search_count(own), 1)
            self.assertEqual(env["loyalty.card"].search_count(own), 1)
        self._assert_balance(4000)

    def test_the_same_fact_at_once(self):
        """LC03: posted once, everybody is told the same move."""
        with self._session() as env:
            self._join(env)
        found = self._at_once(*[lambda env: self._earn(env, 1000, "same").id] * 4)
        self.assertEqual(len(set(found)), 1)
        self._assert_balance(1000)

    def test_double_redemption(self):
        with self._session() as env:
            self._earn(env, 10000, "begin")

        def work(number):
            return lambda env: (
                self._join(env)
                ._redeem(10000, {"kind": "redeem", "key": f"twice {number}"})
                .id
            )

        results = self._at_once(*(work(number) for number in range(4)))
        self.assertEqual(sum(isinstance(one, int) for one in results), 1)
        self.assertEqual(sum(isinstance(one, UserError) for one in results), 3)
        self._assert_balance(0)

    def test_a_lock_that_waited_sees_the_truth(self):
        """Whose view is older than the other's commit is refused, not let through."""
        with self._session() as env:
            self._earn(env, 10000, "begin")
        with self._session() as late:
            member = self._join(late)  # its view of the data is taken
            with self._session() as env:
                self._join(env)._redeem(10000, {"kind": "redeem", "key": "early"})
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.errors.SerializationFailure),
            ):
                member._redeem(10000, {"kind": "redeem", "key": "late"})
            late.cr.rollback()
        self._assert_balance(0)

    def test_redeem_while_points_expire(self):
        """The job and a redemption at once: whoever is second sees the first."""
        with self._session() as env:
            self._earn(env, 10000, "stays", days=100)
            self._earn(env, 5000, "goes", days=1)
            env.cr.commit()
            today = env.company._get_value_today()
        tomorrow = today + timedelta(days=2)
        company_class = type(self.env["res.company"])
        self.patch(company_class, "_get_value_today", lambda company: tomorrow)

        def expire(env):
            env["crm.loyalty.member"]._settle_company(env.company)

        def redeem(env):
            return (
                self._join(env)._redeem(10000, {"kind": "redeem", "key": "expiring"}).id
            )

        self._at_once(expire, redeem, expire)
        self._assert_balance(0)

    def test_two_orders_spend_the_same_points(self):
        """The second confirmation is refused as a whole."""
        with self._session() as env:
            self._earn(env, 10000, "begin")
            product = env["product.product"].create(
                {"name": self.NAME, "type": "service"}
            )
            orders = []
            for _number in range(2):
                order = env["sale.order"].create(
                    {
                        "partner_id": self.partner_id,
                        "company_id": self.company_id,
                        "order_line": [
                            Command.create(
                                {
                                    "product_id": product.id,
                                    "price_unit": 100,
                                    "tax_ids": False,
                                }
                            )
                        ],
                    }
                )
                order._update_programs_and_rewards()
                card = self._join(env).card_id
                reward = env["loyalty.program"].browse(self.program_id).reward_ids
                self.assertEqual(order._apply_program_reward(reward, card), {})
                orders.append(order.id)

        def work(order):
            def confirm(env):
                env["sale.order"].browse(order).action_confirm()
                return order

            return confirm

        self._at_once(*(work(order) for order in orders))
        self._assert_balance(0)
        with self._session() as env:
            confirmed = (
                env["sale.order"]
                .browse(orders)
                .filtered(lambda order: order.state == "sale")
            )
            paid = confirmed.order_line.filtered("reward_id")
            self.assertEqual(sum(paid.mapped("points_cost")), 100)
            self._join(env)

    def test_many_at_once(self):
        """Earned, spent and given back by several workers: nothing lost or doubled."""
        with self._session() as env:
            self._join(env)
        expected = [0] * WORKERS

        def worker(number):
            chance = random.Random(number)

            def work(env, step):
                member = self._join(env)
                if step % 3 == 0:
                    self._earn(env, 500, f"{number} {step}")
                    return 500
                if step % 3 == 1:
                    points = chance.randint(1, 900)
                    member._redeem(
                        points, {"kind": "redeem", "key": f"{number} {step}"}
                    )
                    return -points
                self._earn(env, 500, f"{number} {step - 2}")  # told again
                return 0

            def run():
                for step in range(ROUNDS):
                    [result] = self._at_once(lambda env, step=step: work(env, step))
                    if isinstance(result, int):
                        expected[number] += result

            return run

        with ThreadPoolExecutor(WORKERS) as pool:
            for future in [pool.submit(worker(n)) for n in range(WORKERS)]:
                future.result(timeout=120)
        self._assert_balance(sum(expected))

    # ------------------------------------------------------------------ referrals
    def _begin_referrals(self):
        """Two members, and a customer whom they bring: ids of the contacts."""
        with self._session() as env:
            env["loyalty.program"].browse(self.program_id).crm_referral = True
            partners = env["res.partner"].create([{"name": self.NAME}] * 3)
            for partner_id in partners.ids:
                self._member_of(env, partner_id)
            return partners.ids

    def _member_of(self, env, partner_id):
        program = env["loyalty.program"].browse(self.program_id)
        partner = env["res.partner"].browse(partner_id)
        return env["crm.loyalty.member"]._join(program, partner)

    def _refer(self, env, referrer_id, partner_id):
        partner = env["res.partner"].browse(partner_id)
        return (
            env["crm.loyalty.referral"]
            ._refer(self._member_of(env, referrer_id), partner)
            .id
        )

    def _get_referrals(self, env):
        return env["crm.loyalty.referral"].search(
            [("program_id", "=", self.program_id)], order="state"
        )

    def test_two_referrers_at_once(self):
        """The first one wins, the other is refused; nobody gets an error."""
        *referrers, new = self._begin_referrals()
        self._at_once(
            *(lambda env, one=one: self._refer(env, one, new) for one in referrers)
        )
        with self._session() as env:
            states = self._get_referrals(env).mapped("state")
        self.assertEqual(sorted(states), ["refused", "waiting"])

    def test_said_twice_at_once(self):
        """A double click keeps one."""
        first, _second, new = self._begin_referrals()
        found = self._at_once(*[lambda env: self._refer(env, first, new)] * 4)
        self.assertEqual(len(set(found)), 1)

    def test_rewarded_at_once(self):
        """Job and event together: two moves, and each balance once."""
        first, _second, new = self._begin_referrals()
        with self._session() as env:
            self._refer(env, first, new)

        def reward(env):
            referral = self._get_referrals(env)
            referral._lock()
            if referral.state == "waiting":
                referral._reward(referral.company_id._get_value_today())
            return len(referral.move_ids)

        self.assertEqual(self._at_once(*[reward] * 4), [2] * 4)
        with self._session() as env:
            for partner_id in (first, new):
                self.assertEqual(self._member_of(env, partner_id).available, 10000)
