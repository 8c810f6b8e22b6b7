from datetime import datetime

import pytz

from odoo.fields import Command

from odoo.addons.crm_value_tiering.tests.common import ValueCommon

BRUSSELS = pytz.timezone("Europe/Brussels")
STANDARD = [(day, 9, 17) for day in range(5)]


def utc(text, zone=BRUSSELS):
    """A local moment, as naive UTC."""
    local = zone.localize(datetime.fromisoformat(text))
    return local.astimezone(pytz.utc).replace(tzinfo=None)


class ComplaintCommon(ValueCommon):
    """A service team with people of each role, and a service level in Brussels."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team = cls.env["crm.complaint.team"].search(
            [("company_id", "=", cls.company.id)]
        )
        cls.policies = cls.env["crm.complaint.sla.policy"].search(
            [("company_id", "=", cls.company.id)]
        )
        cls.calendar = cls._create_calendar("Standard", STANDARD)
        cls.agent = cls._create_user("agent", "crm_complaints.group_complaint_agent")
        cls.leader = cls._create_user("leader", "crm_complaints.group_complaint_leader")
        cls.quality = cls._create_user(
            "quality", "crm_complaints.group_complaint_manager"
        )
        cls.reader = cls._create_user("reader", "crm_complaints.group_complaint_reader")
        cls.team.write(
            {"user_id": cls.leader.id, "member_ids": [Command.set(cls.agent.ids)]}
        )
        cls.customer = cls._create_customer(email="customer@example.com")
        cls.stages = cls.env["crm.complaint.stage"].search([])
        cls.cause = cls.env.ref("crm_complaints.crm_complaint_cause_quality_standard")

    @classmethod
    def _create_calendar(cls, name, attendances, tz="Europe/Brussels", leaves=()):
        """Working hours: (day of week, from, to) each, and leaves (from, to), local."""
        calendar = cls.env["resource.calendar"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "tz": tz,
                "attendance_ids": [
                    Command.clear(),
                    *(
                        Command.create(
                            {
                                "name": f"{day} {start}",
                                "dayofweek": str(day),
                                "hour_from": start,
                                "hour_to": end,
                                "day_period": "morning" if end <= 13 else "afternoon",
                            }
                        )
                        for day, start, end in attendances
                    ),
                ],
            }
        )
        cls.env["resource.calendar.leaves"].create(
            [
                {
                    "name": "Leave",
                    "calendar_id": calendar.id,
                    "company_id": cls.company.id,
                    "date_from": utc(start, pytz.timezone(tz)),
                    "date_to": utc(end, pytz.timezone(tz)),
                }
                for start, end in leaves
            ]
        )
        return calendar

    @classmethod
    def _create_policy(cls, targets, calendar=None, **vals):
        """A service level; ``targets``: (kind, amount[, clock]) each."""
        return cls.env["crm.complaint.sla.policy"].create(
            {
                "name": "Test",
                "company_id": cls.company.id,
                "sequence": 1,
                "calendar_id": (calendar or cls.calendar).id,
                "target_ids": [
                    Command.create(
                        dict(zip(("kind", "amount", "clock"), target, strict=False))
                    )
                    for target in targets
                ],
                **vals,
            }
        )

    @classmethod
    def _create_complaint(cls, **vals):
        return cls.env["crm.complaint"].create(
            {
                "name": "The lamp flickers",
                "partner_id": cls.customer.id,
                "team_id": cls.team.id,
                "company_id": cls.company.id,
                "severity": "2",
                "user_id": False,
                **vals,
            }
        )

    @classmethod
    def _stage(cls, code):
        return cls.env.ref(f"crm_complaints.crm_complaint_stage_{code}")

    def _clock(self, complaint, target="resolution"):
        return complaint.sudo().clock_ids.filtered(lambda one: one.target == target)

    def _fill(self, complaint):
        """All that the seven steps ask for."""
        complaint.write(
            {
                "user_id": self.agent.id,
                "severity": "2",
                "cause_id": self.cause.id,
                "root_cause": "A loose wire, see the photo",
                "solution": "Send another one",
                "carried_out_date": "2026-01-05",
                "follow_up_result": "accepted",
            }
        )
        complaint._note_answer(complaint.received_at)
        return complaint
