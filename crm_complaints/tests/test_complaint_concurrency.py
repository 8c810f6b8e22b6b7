from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from odoo import fields
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
