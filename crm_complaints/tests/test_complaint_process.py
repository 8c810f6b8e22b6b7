from datetime import date, datetime, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .common import ComplaintCommon

MONDAY = datetime(2026, 3, 2, 8)


@tagged("standard", "post_install", "-at_install")
class TestComplaintProcess(ComplaintCommon):
    """Time, waiting and loops per step; the bottleneck; before and after (D11)."""

    def _at(self, hours):
        return freeze_time(MONDAY + timedelta(hours=hours))

    def _move(self, complaint, step, hours):
        with self._at(hours):
            complaint.stage_id = self._stage(step)

    def _receive(self, hours=0, **vals):
        received = MONDAY + timedelta(hours=hours)
        with self._at(hours):
            return self._create_complaint(received_at=received, **vals)

    def _walk(self, start, hours, **vals):
        """A question that is in each of the first steps so long, and then closed."""
        question = self._receive(start, type="question", **vals)
        question.write({"user_id": self.agent.id})
        question._note_answer(MONDAY + timedelta(hours=start))
        steps = ["classify", "investigate", "archive"]
        for step, length in zip(steps, hours, strict=True):
            start += length
            self._move(question, step, start)
        return question

    def _get_stays(self, complaint):
        return [
            (one.stage_id, one.hours, one.waiting_hours, one.visit)
            for one in complaint.passage_ids.sorted("id")
        ]

    def _review(self, **vals):
        return self.env["crm.complaint.process"].create(
            {
                "company_id": self.company.id,
                "team_id": self.team.id,
                "date_to": date(2026, 5, 20),
                "days": 90,
                **vals,
            }
        )

    def _row(self, process, step):
        stage = self._stage(step) if step else self.env["crm.complaint.stage"]
        return process.step_ids.filtered(lambda one: one.stage_id == stage)

    # -------------------------------------------------------------------- stays
    def test_stays(self):
        """Two hours, five hours, then closed: the last step has no stay."""
        question = self._walk(0, (2, 5, 1))
        self.assertEqual(
            self._get_stays(question),
            [
                (self._stage("received"), 2, 0, 1),
                (self._stage("classify"), 5, 0, 1),
                (self._stage("investigate"), 1, 0, 1),
            ],
        )
        self.assertEqual(question.passage_ids.user_id, self.agent)
        self.assertTrue(all(question.passage_ids.mapped("left_at")))

    def test_typed_later(self):
        """The first stay begins when the customer told us, not when it was typed."""
        with self._at(50):
            question = self._create_complaint(type="question", received_at=MONDAY)
        question.user_id = self.agent
        self._move(question, "classify", 52)
        self.assertEqual(question.passage_ids.sorted("id")[0].hours, 52)
        with self._at(53):
            question.received_at = MONDAY + timedelta(hours=40)
        self.assertEqual(question.passage_ids.sorted("id")[0].hours, 12)

    def test_loops(self):
        question = self._receive(type="question")
        question.user_id = self.agent
        self._move(question, "classify", 1)
        self._move(question, "received", 3)
        self._move(question, "classify", 4)
        stays = question.passage_ids.sorted("id")
        self.assertEqual(stays.mapped("visit"), [1, 1, 2, 2])
        self.assertEqual(stays.mapped("is_return"), [False, False, True, True])

    def test_waiting(self):
        """Waited 3 of 10 hours; what goes on into the next step is split between them."""
        question = self._receive(type="question")
        question.user_id = self.agent
        waiting = self.stages.filtered("may_wait")[:2]
        self.assertEqual(len(waiting), 2)
        with self._at(1):
            question.write({"severity": "2", "cause_id": self.cause.id})
            question.stage_id = waiting[0]
        with self._at(2):
            question._pause("customer", False, False, MONDAY + timedelta(hours=2))
        with self._at(5):
            question._resume(MONDAY + timedelta(hours=5))
        with self._at(11):
            question._pause("customer", False, False, MONDAY + timedelta(hours=11))
        with self._at(13):
            question.stage_id = waiting[1]
        with self._at(17):
            question._resume(MONDAY + timedelta(hours=17))
        with self._at(18):
            question.stage_id = self._stage("received")
        stays = {one.stage_id: one for one in question.passage_ids}
        self.assertEqual(stays[waiting[0]].hours, 12)
        self.assertEqual(stays[waiting[0]].waiting_hours, 5)
        self.assertEqual(stays[waiting[1]].hours, 5)
        self.assertEqual(stays[waiting[1]].waiting_hours, 4)

    def test_imported_closed(self):
        closed = self._create_complaint(
            type="question",
            received_at=MONDAY,
            closed_at=MONDAY + timedelta(hours=3),
            first_response_at=MONDAY,
            user_id=self.agent.id,
            stage_id=self._stage("archive").id,
        )
        self.assertFalse(closed.passage_ids)

    def test_stays_of_before(self):
        """Requests that were there first get their stays from the log."""
        question = self._receive(type="question").with_context(
            tracking_disable=False, mail_notrack=False
        )
        question.user_id = self.agent
        expected = [("received", 2), ("classify", 5), ("received", 1), ("classify", 0)]
        at = 0
        self._log(at)
        for (_step, hours), (step, _hours) in zip(expected, expected[1:], strict=False):
            at += hours
            self._move(question, step, at)
            self._log(at)
        self.env["crm.complaint.passage"].search([]).unlink()
        self.env.flush_all()
        self.env["crm.complaint.passage"].init()
        question.invalidate_recordset()
        stays = question.passage_ids.sorted("entered_at")
        self.assertEqual(
            [(one.stage_id, one.hours) for one in stays],
            [(self._stage(step), hours) for step, hours in expected],
        )
        self.assertEqual(stays.mapped("visit"), [1, 1, 2, 2])
        self.assertEqual(stays.mapped("is_return"), [False, False, True, True])
        self.assertFalse(stays[-1].left_at)
        self.env["crm.complaint.passage"].init()
        self.assertEqual(len(question.passage_ids), 4, "once")

    def _log(self, hours):
        """Write what was tracked, as the end of a transaction does."""
        with self._at(hours):
            self.env.flush_all()
            self.env.cr.precommit.run()

    def test_set_based(self):
        """A hundred requests to another step: two statements, not two hundred."""
        many = self.env["crm.complaint"].union(
            *(self._receive(type="question") for _number in range(20))
        )
        passages = self.env["crm.complaint.passage"].sudo()
        few = many[:2]
        counts = []
        for some in (few, many - few):
            self.env.cr.execute(
                "UPDATE crm_complaint SET stage_id = %s WHERE id = ANY(%s)",
                [self._stage("classify").id, some.ids],
            )
            some.invalidate_recordset()
            before = self.env.cr.sql_log_count
            passages._pass_on(some, datetime(2026, 3, 3))
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])
        self.assertEqual(len(many.passage_ids), 40)

    # ------------------------------------------------------------------- review
    def test_where_time_goes(self):
        """10 + 30 + 60 hours, twice: most of it in “Investigate”, 60 %."""
        for start in (0, 24):
            self._walk(start, (10, 30, 60))
        self._receive(type="question")._exclude("mistaken")
        process = self._review()
        self.assertEqual(process.bottleneck_id, self._stage("investigate"))
        row = self._row(process, "investigate")
        self.assertEqual((row.share, row.after_median, row.after_count), (60, 60, 2))
        self.assertEqual(self._row(process, "received").share, 10)
        whole = self._row(process, None)
        self.assertEqual((whole.title, whole.after_median), ("Receipt to closing", 100))
        self.assertIn("60 % of it", process.summary)
        self.assertFalse(row.verdict)
        stays = self.env["crm.complaint.passage"].search(
            process.action_open_passages()["domain"]
        )
        self.assertEqual(len(stays), 6)

    def test_waiting_and_loops(self):
        question = self._walk(0, (1, 4, 1))
        question.passage_ids.sorted("id")[1].sudo().waiting_hours = 1
        self._move(question, "classify", 100)
        self._move(question, "archive", 102)
        row = self._row(self._review(), "classify")
        self.assertEqual(row.after_count, 2)
        self.assertEqual(row.after_returns, 50)
        self.assertAlmostEqual(row.after_waiting, 100 / 6, places=1)

    def test_before_and_after(self):
        """From 30 hours to 10: faster; the untouched step: no difference shown."""
        for number in range(10):
            self._walk(24 * number, (5 + number % 3, 30 + number, 2))
            self._walk(24 * (number + 30), (5 + number % 3, 10 + number, 2))
        change = (MONDAY + timedelta(days=28)).date()
        process = self._review(
            change_date=change, days=28, change="One person decides now"
        )
        row = self._row(process, "classify")
        self.assertEqual((row.before_count, row.after_count), (10, 10))
        self.assertEqual((row.before_median, row.after_median), (34.5, 14.5))
        self.assertEqual(row.verdict, "faster")
        self.assertLess(row.chance, 0.001)
        self.assertEqual(self._row(process, "received").verdict, "not_shown")
        self.assertEqual(self._row(process, "carry_out").verdict, "too_early")
        self.assertEqual(self._row(process, None).verdict, "faster")

    def test_slower_and_too_early(self):
        for number in range(10):
            self._walk(24 * number, (5, 10 + number, 2))
            self._walk(24 * (number + 30), (5, 40 + number, 2))
        change = (MONDAY + timedelta(days=28)).date()
        process = self._review(change_date=change, days=28)
        self.assertEqual(self._row(process, "classify").verdict, "slower")
        for number in range(3):  # 3 of 13 are still there: the quick ones prove nothing
            question = self._receive(24 * (number + 30), type="question")
            question.user_id = self.agent
            self._move(question, "classify", 24 * (number + 30) + 1)
        process.action_count()
        row = self._row(process, "classify")
        self.assertEqual((row.verdict, row.running), ("too_early", 3))

    def test_another_team_and_type(self):
        other = self.env["crm.complaint.team"].create(
            {"name": "Other", "company_id": self.company.id}
        )
        self._walk(0, (1, 1, 1))
        self._walk(0, (1, 1, 9), team_id=other.id)
        self.assertEqual(self._row(self._review(), "classify").after_count, 1)
        everywhere = self._review(team_id=False)
        self.assertEqual(self._row(everywhere, "classify").after_count, 2)
        everywhere.type = "complaint"
        self.assertEqual(self._row(everywhere, "classify").after_count, 0)
        self.assertIn("No request", everywhere.summary)
        self.assertFalse(everywhere.bottleneck_id)

    def test_closed_stays(self):
        self._walk(0, (1, 1, 1))
        with Form(
            self.env["crm.complaint.process"]
            .with_user(self.leader)
            .with_company(self.company)
        ) as form:
            form.name = "March"
            form.team_id = self.team
            form.date_to = date(2026, 5, 20)
        process = form.record
        with self.assertRaisesRegex(UserError, "was learnt"):
            process.action_close()
        process.lesson = "Nobody was on duty on Mondays"
        process.action_close()
        self._walk(0, (1, 1, 1))
        process.action_count()
        self.assertEqual(self._row(process, "classify").after_count, 1)
        with self.assertRaisesRegex(UserError, "closed"):
            process.days = 30
        with self.assertRaisesRegex(UserError, "closed"):
            process.action_close()

    # -------------------------------------------------------------------- rights
    def test_rights(self):
        question = self._walk(0, (1, 1, 1))
        process = self._review()
        for user in (self.agent, self.leader, self.reader):
            self.assertTrue(process.with_user(user).step_ids.mapped("title"))
        with self.assertRaises(AccessError):
            process.with_user(self.agent).days = 30
        with self.assertRaises(AccessError):
            process.with_user(self.seller).read(["name"])
        with self.assertRaises(AccessError):
            question.passage_ids.with_user(self.quality).hours = 1
        with self.assertRaises(AccessError):
            process.step_ids.with_user(self.quality).after_median = 1
        with self.assertRaisesRegex(UserError, "Use the buttons"):
            process.with_user(self.leader).state = "closed"
        with self.assertRaisesRegex(ValidationError, "future"):
            process.change_date = date.today() + timedelta(days=400)
        with self.assertRaises(ValidationError):
            process.user_id = self._create_user("process_portal", "base.group_portal")
