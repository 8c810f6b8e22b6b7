from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import ComplaintCommon


@tagged("post_install", "-at_install")
class TestComplaintAccess(ComplaintCommon):
    def test_what_the_program_says_is_not_written(self):
        """Read-only is a matter of screens; nobody hides a late or a bad request by RPC."""
        complaint = self._create_complaint()
        for user in (self.agent, self.leader, self.quality):
            own = complaint.with_user(user)
            for name, value in (
                ("exclusion", "cancelled"),
                ("surveyed_at", "2026-01-01 00:00:00"),
                ("survey_due_at", False),
                ("first_response_at", "2026-01-01 00:00:00"),
                ("closed_at", "2026-01-01 00:00:00"),
                ("sla_state", "ok"),
                ("deadline", False),
                ("tier_id", False),
                ("waiting_reason", "customer"),
            ):
                with (
                    self.subTest(user=user.login, name=name),
                    self.assertRaisesRegex(UserError, "Use the buttons"),
                ):
                    own.write({name: value})
            with self.assertRaisesRegex(UserError, "Use the buttons"):
                own.create({"name": "Hidden", "exclusion": "mistaken"})

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_team = cls.env["crm.complaint.team"].create(
            {"name": "Other Team", "company_id": cls.company.id}
        )
        cls.own = cls._create_complaint(name="own team")
        cls.foreign = cls._create_complaint(
            name="other team", team_id=cls.other_team.id
        )
        cls.given = cls._create_complaint(
            name="given", team_id=cls.other_team.id, user_id=cls.agent.id
        )
        cls.sold = cls._create_complaint(
            name="sold",
            team_id=cls.other_team.id,
            partner_id=cls._create_customer("Sold", user_id=cls.seller.id).id,
        )
        cls.all = cls.own | cls.foreign | cls.given | cls.sold

    def _readable(self, user):
        found = self.env["crm.complaint"].with_user(user).search([])
        return found.sudo() & self.all

    def test_who_sees_what(self):
        for user, expected in (
            (self.agent, self.own | self.given),
            (self.leader, self.own),
            (self.quality, self.all),
            (self.reader, self.all),
            (self.seller, self.sold),
        ):
            with self.subTest(user=user.login):
                self.assertEqual(self._readable(user), expected)
                clocks = self.env["crm.complaint.clock"].with_user(user).search([])
                self.assertEqual(
                    clocks.sudo().complaint_id & self.all, expected, "their clocks too"
                )
                events = self.env["crm.complaint.clock.event"].with_user(user)
                self.assertEqual(
                    events.search([]).sudo().complaint_id & self.all, expected
                )

    def test_who_sees_nothing(self):
        for user in (self.outsider, self.portal):
            for model in self.env.values():
                if model._original_module == "crm_complaints" and not model._abstract:
                    for operation in ("read", "write", "create", "unlink"):
                        self.assertFalse(
                            model.with_user(user).has_access(operation),
                            (user.login, model._name, operation),
                        )

    def test_who_changes_what(self):
        for user, complaint, allowed in (
            (self.agent, self.own, True),
            (self.agent, self.given, True),
            (self.agent, self.foreign, False),
            (self.leader, self.own, True),
            (self.quality, self.foreign, True),
            (self.reader, self.own, False),
            (self.seller, self.sold, False),
        ):
            with self.subTest(user=user.login, complaint=complaint.name):
                self.assertEqual(complaint.with_user(user).has_access("write"), allowed)

    def test_seller_writes_down(self):
        complaint = (
            self.env["crm.complaint"]
            .with_user(self.seller)
            .create({"name": "By phone", "partner_id": self.sold.partner_id.id})
        )
        self.assertEqual(complaint.team_id, self.team)
        self.assertTrue(complaint.sudo().clock_ids)
        with self.assertRaises(AccessError):
            self.env["crm.complaint"].with_user(self.seller).create(
                {"name": "Not mine", "partner_id": self.customer.id}
            )

    def test_configuration(self):
        for name in ("stage", "gate", "cause", "team", "sla.policy", "sla.target"):
            model = self.env[f"crm.complaint.{name}"]
            for user in (self.agent, self.leader, self.reader, self.seller):
                self.assertTrue(model.with_user(user).has_access("read"))
                self.assertFalse(model.with_user(user).has_access("write"))
            self.assertTrue(model.with_user(self.quality).has_access("write"))

    def test_dialogs_check_the_request(self):
        """A dialog is no way round the rules of what it is about."""
        stage = self._stage("classify")
        self.foreign.stage_id = stage
        for model, vals, method in (
            ("pause", {"complaint_id": self.foreign.id}, "action_pause"),
            ("call", {"complaint_id": self.foreign.id}, "action_log"),
            (
                "exclude",
                {
                    "complaint_ids": [Command.set(self.foreign.ids)],
                    "original_id": self.own.id,
                },
                "action_exclude",
            ),
        ):
            with self.subTest(model=model), self.assertRaises(AccessError):
                wizard = self.env[f"crm.complaint.{model}"].with_user(self.agent)
                getattr(wizard.create(vals), method)()

    def test_other_company(self):
        company = self._create_company("Complaint Test Rights")
        stranger = self._create_user(
            "rights_stranger",
            "crm_complaints.group_complaint_manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        there = self.env(user=stranger, context={"allowed_company_ids": company.ids})
        self.assertFalse(there["crm.complaint"].search([]).sudo() & self.all)
        for model in (
            "team",
            "sla.policy",
            "sla.target",
            "clock",
            "clock.event",
            "intake",
        ):
            found = there[f"crm.complaint.{model}"].search([])
            self.assertFalse(found.sudo().filtered(lambda r: r.company_id != company))
        with self.assertRaises(AccessError):
            there["crm.complaint"].create(
                {"name": "x", "company_id": self.company.id, "team_id": self.team.id}
            )
        team = self.env["crm.complaint.team"].search([("company_id", "=", company.id)])
        with self.assertRaises(UserError):
            self.own.write({"team_id": team.id})
        with self.assertRaises(UserError):
            self.own.write({"company_id": company.id})

    def test_two_teams_two_duplicates(self):
        with self.assertRaises(AccessError):
            self.foreign.with_user(self.agent)._exclude("duplicate", self.own)
