from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.service.model import retrying
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.crm_value_tiering.tests.common_concurrency import ConcurrencyCase

AGENTS = 4
REQUESTS = 12


@tagged("post_install", "-at_install")
class TestComplaintConcurrency(ConcurrencyCase):
    """Several people and jobs at once, each on a connection with commits of its own."""

    NAME = "Complaint Test Concurrent"

    def setUp(self):
        super().setUp()
        self._delete_data()  # of a run that was killed
        self.addCleanup(self._delete_data)
        with self._session() as env:
            company = env["res.company"].create({"name": self.NAME})
            users = env["res.users"].union(
                *(
                    new_test_user(
                        env,
                        f"complaint_concurrent_{number}",
                        "crm_complaints.group_complaint_agent",
                        company_id=company.id,
                        company_ids=[Command.set(company.ids)],
                    )
                    for number in range(AGENTS)
                )
            )
            team = env["crm.complaint.team"].search([("company_id", "=", company.id)])
            team.write({"member_ids": [Command.set(users.ids)], "user_id": users[0].id})
            env["crm.complaint"].create(
                [
                    {
                        "name": f"{self.NAME} {number}",
                        "team_id": team.id,
                        "company_id": company.id,
                        "user_id": False,
                        "received_at": fields.Datetime.now() - timedelta(days=400),
                    }
                    for number in range(REQUESTS)
                ]
            )
            self.company_id, self.user_ids = company.id, users.ids

    def _delete_data(self):
        with self._session(active_test=False) as env:
            company = env["res.company"].search([("name", "=", self.NAME)])
            own = [("company_id", "in", company.ids)]
            users = env["res.users"].search(
                [("login", "=like", "complaint_concurrent_%")]
            )
            if company:
                requests = env["crm.complaint"].search(own)
                requests.exclusion = "mistaken"
                requests.unlink()
                env["crm.complaint.sla.policy"].search(own).unlink()
                env["crm.complaint.team"].search(own).unlink()
                env["crm.job.run"].search(own).unlink()
            partners = users.partner_id
            notes = env["mail.message"].search([("author_id", "in", partners.ids)])
            notes.unlink()
            users.unlink()
            partners.unlink()
            calendars = env["resource.calendar"].search(own)
            company.unlink()
            (calendars.exists()).unlink()

    def _take_all(self, uid):
        """Take the next one until there is none; the ids, in the order they came."""
        taken = []
        while True:
            with self._session(uid, allowed_company_ids=[self.company_id]) as env:
                action = retrying(env["crm.complaint"].action_take_next, env)
            if "res_id" not in action:
                return taken
            taken.append(action["res_id"])

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_nobody_takes_what_another_took(self):
        with ThreadPoolExecutor(AGENTS) as pool:
            taken = list(pool.map(self._take_all, self.user_ids))
        everything = [number for found in taken for number in found]
        self.assertEqual(len(everything), REQUESTS, "none is left, none is taken twice")
        self.assertEqual(len(set(everything)), REQUESTS)
        with self._session() as env:
            for uid, found in zip(self.user_ids, taken, strict=True):
                requests = env["crm.complaint"].browse(found)
                self.assertEqual(requests.user_id.ids, [uid] if found else [])

    def _at_once(self, work):
        """Two people press the button in the same moment, each repeated as Odoo does.

        :param work: called with an environment; returns what it did, or raises UserError
        :return: list of what was done, None where it was refused
        """
        start = Barrier(2)

        def press(uid):
            with self._session(uid, allowed_company_ids=[self.company_id]) as env:
                start.wait(timeout=30)
                try:
                    return retrying(lambda: work(env), env)
                except UserError:
                    env.cr.rollback()
                    return None

        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(press, self.user_ids[:2]))

    @mute_logger("odoo.sql_db", "odoo.service.model", "odoo.http")
    def test_carried_out_once(self):
        """D5: a solution that two people carry out makes one task."""
        with self._session() as env:
            request = env["crm.complaint"].search(
                [("company_id", "=", self.company_id)], limit=1
            )
            request.user_id = self.user_ids[0]
            remedy = env.ref("crm_complaints.crm_complaint_remedy_repair")
            solution = env["crm.complaint.solution"].create(
                {"complaint_id": request.id, "remedy_id": remedy.id, "amount": 5}
            )
            number, request_id = solution.id, request.id

        def carry_out(env):
            env["crm.complaint.solution"].browse(number).action_carry_out()
            return True

        self.assertCountEqual(self._at_once(carry_out), [True, None])
        with self._session() as env:
            request = env["crm.complaint"].browse(request_id)
            self.assertEqual(len(request.activity_ids), 1)
            self.assertEqual(request.solution_cost, 5)
            request.solution_ids.state = "proposed"
            request.solution_ids.unlink()

    @mute_logger("odoo.sql_db", "odoo.service.model", "odoo.http")
    def test_one_action_for_an_alarm(self):
        """D7: two leaders who begin an action at once begin the same one."""
        with self._session() as env:
            leader = env.ref("crm_complaints.group_complaint_leader")
            env["res.users"].browse(self.user_ids[:2]).group_ids |= leader
            cause = env.ref("crm_complaints.crm_complaint_cause_quality")
            alarm = env["crm.complaint.alarm"].create(
                {
                    "company_id": self.company_id,
                    "dimension": "cause",
                    "cause_id": cause.id,
                    "series": f"cause,{cause.id}",
                    "first_week": "2026-06-01",
                    "week": "2026-06-01",
                    "weeks": 1,
                }
            )
            number = alarm.id

        def begin(env):
            return (
                env["crm.complaint.alarm"].browse(number).action_corrective()["res_id"]
            )

        found = self._at_once(begin)
        self.assertEqual(len(set(found)), 1)
        with self._session() as env:
            own = [("company_id", "=", self.company_id)]
            actions = env["crm.complaint.capa"].search(own)
            self.assertEqual(actions.ids, found[:1])
            env["crm.complaint.alarm"].search(own).unlink()
            actions.unlink()

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_two_sweeps_tell_once(self):
        """C10: all clocks ran out long ago; two jobs find them at the same moment."""

        def sweep(_number):
            with self._session() as env:
                company = env["res.company"].browse(self.company_id)
                clocks = env["crm.complaint.clock"]
                return len(retrying(lambda: clocks._sweep_company(company), env))

        with ThreadPoolExecutor(2) as pool:
            found = list(pool.map(sweep, range(2)))
        with self._session() as env:
            own = [("company_id", "=", self.company_id)]
            clocks = env["crm.complaint.clock"].search(own)
            self.assertEqual(sum(found), len(clocks))
            self.assertTrue(all(clocks.mapped("breached_at")))
            events = env["crm.complaint.clock.event"].search(
                [*own, ("event", "=", "escalate")]
            )
            self.assertEqual(len(events), len(clocks), "each level once")
