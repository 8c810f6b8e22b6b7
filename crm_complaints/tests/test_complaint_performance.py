from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common import ComplaintCommon


@tagged("post_install", "-at_install")
class TestComplaintPerformance(ComplaintCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for place in range(5):
            cls._create_policy(
                [("acknowledge", 24, "elapsed"), ("resolution", 8 + place)],
                sequence=place,
            )

    def _vals(self, count):
        return [
            {
                "name": f"Request {number}",
                "partner_id": self.customer.id,
                "team_id": self.team.id,
                "company_id": self.company.id,
                "user_id": False,
            }
            for number in range(count)
        ]

    def _count_queries(self, work):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        work()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_deadlines_in_one_go(self):
        """1,000 deadlines: at most 5 queries."""
        now = fields.Datetime.now()
        clocks = self.env["crm.complaint.clock"]

        def work():
            schedules = clocks._get_schedules(self.calendar, now, now)
            for number in range(1000):
                start = now + timedelta(minutes=number)
                schedules[self.calendar.id].moment(start, 8 * 3600)

        self.assertLessEqual(self._count_queries(work), 5)

    def test_create_many(self):
        """100 requests with 5 service levels that fit: at most 60 queries."""
        self.env["crm.complaint"].create(self._vals(1))
        vals_list = self._vals(100)
        count = self._count_queries(lambda: self.env["crm.complaint"].create(vals_list))
        self.assertLessEqual(count, 60)

    def test_create_many_without_a_team(self):
        """An import names no team: the default one is looked up once, not for each."""
        vals_list = [
            {name: value for name, value in vals.items() if name != "team_id"}
            for vals in self._vals(100)
        ]
        self.env["crm.complaint"].create(vals_list[:1])
        count = self._count_queries(lambda: self.env["crm.complaint"].create(vals_list))
        self.assertLessEqual(count, 60)

    def test_stage_of_many(self):
        """What 10 and 100 requests cost differs by nothing per record."""
        complaints = self.env["crm.complaint"].create(self._vals(110))
        classify = self._stage("classify")
        few, many = complaints[:10], complaints[10:]
        first = self._count_queries(lambda: few.write({"stage_id": classify.id}))
        second = self._count_queries(lambda: many.write({"stage_id": classify.id}))
        self.assertLessEqual(second, first + 5)

    def _sweep(self, count):
        """Queries of a sweep that finds all clocks of ``count`` new requests missed."""
        complaints = self.env["crm.complaint"].create(self._vals(count))
        missed = fields.Datetime.now() - timedelta(hours=1)
        complaints.clock_ids.sudo().write(
            {"deadline": missed, "next_level_at": missed, "final_at": missed}
        )
        clocks = self.env["crm.complaint.clock"]
        queries = self._count_queries(lambda: clocks._sweep_company(self.company))
        self.assertTrue(all(clock.breached_at for clock in complaints.clock_ids))
        return queries

    def test_sweep_of_many(self):
        """What 10 and 33 requests cost differs by nothing per record.

        99 clocks: Odoo writes 100 rows at a time.
        """
        self._sweep(1)
        few = self._sweep(10)
        self.assertLessEqual(self._sweep(33), few + 3)
