from datetime import date

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.crm_value_tiering.tests.common import ALL, NOTHING, READ

from .common import IncentiveCommon

EDIT = ("read", "write", "create")


@tagged("post_install", "-at_install")
class TestIncentiveAccess(IncentiveCommon):
    """Own pay only, on every road; nobody outside sees anything."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.version = cls._set_plan(cls._percent(10))
        cls.march = cls._period(3)
        cls.team = cls.env["crm.team"].create(
            {"name": "Incentive Test Team", "company_id": cls.company.id}
        )
        cls._sell(date(2024, 3, 10), 1000, team_id=cls.team.id)
        cls._sell(date(2024, 3, 11), 500, user=cls.other, team_id=cls.team.id)
        cls._compute()

    def test_rights_of_each_role(self):
        """By model: salesperson, manager of pay, auditor (and approver)."""
        rights = {
            "crm.incentive.plan": (READ, ALL, READ),
            "crm.incentive.version": (READ, ALL, READ),
            "crm.incentive.weight": (READ, ALL, READ),
            "crm.incentive.frequency": (READ, ALL, READ),
            "crm.incentive.rule": (READ, ALL, READ),
            "crm.incentive.step": (READ, ALL, READ),
            "crm.incentive.example": (NOTHING, ALL, READ),
            "crm.incentive.assignment": (READ, ALL, READ),
            "crm.incentive.period": (READ, ALL, READ),
            "crm.incentive.run": (NOTHING, READ, READ),
            "crm.incentive.event": (NOTHING, READ, READ),
            "crm.incentive.event.credit": (NOTHING, READ, READ),
            "crm.incentive.line": (READ, READ, READ),
            "crm.incentive.statement": (READ, READ, READ),
            "crm.incentive.inquiry": (EDIT, EDIT, EDIT),
            "crm.incentive.split": (ALL, ALL, ALL),
            "crm.incentive.criterion": (READ, ALL, READ),
            "crm.incentive.evaluation": (EDIT, ALL, EDIT),
            "crm.incentive.contest": (READ, ALL, READ),
            "crm.incentive.contest.criterion": (READ, ALL, READ),
            "crm.incentive.contest.prize": (READ, ALL, READ),
            "crm.incentive.contest.result": (READ, READ, READ),
            "crm.incentive.simulation": (NOTHING, ALL, READ),
            "crm.incentive.simulation.row": (NOTHING, READ, READ),
            "crm.incentive.try": (NOTHING, ALL, ALL),
        }
        self.assertEqual(set(rights), self._get_models("crm_team_incentives"))
        nobody = (self.portal, self.outsider, self.env.ref("base.public_user"))
        for model, (user, manager, auditor) in rights.items():
            expected = {
                self.rep: user,
                self.boss: manager,
                self.auditor: auditor,
                self.approver: auditor,
                **dict.fromkeys(nobody, NOTHING),
            }
            for who, allowed in expected.items():
                for operation in ALL:
                    with self.subTest(model=model, user=who.login, op=operation):
                        self.assertEqual(
                            self.env[model].with_user(who).has_access(operation),
                            operation in allowed,
                        )

    def test_own_only(self):
        """IC22: search, groups, export, names and related fields."""
        self.rep.group_ids += self.env.ref("base.group_allow_export")
        mine = self.env["crm.incentive.line"].search([("user_id", "=", self.rep.id)])
        theirs = self.env["crm.incentive.line"].search(
            [("user_id", "=", self.other.id)]
        )
        for model in ("crm.incentive.line", "crm.incentive.statement"):
            records = self.env[model].with_user(self.rep)
            name = "amount" if model.endswith("line") else "new_amount"
            with self.subTest(model):
                self.assertEqual(records.search([]).user_id, self.rep)
                self.assertEqual(records.search_count([]), 1)
                groups = records._read_group([], ["user_id"], [f"{name}:sum"])
                self.assertEqual(groups, [(self.rep.with_user(self.rep), 100)])
                self.assertEqual(records._read_group([], [], [f"{name}:sum"]), [(100,)])
                self.assertEqual(
                    records.formatted_read_group([], [], [f"{name}:sum"])[0][
                        f"{name}:sum"
                    ],
                    100,
                )
                exported = records.search([]).export_data(["user_id/name", name])
                self.assertEqual([row[1] for row in exported["datas"]], [100])
                self.assertFalse(records.search([(name, "=", 50)]))
                self.assertFalse(records.search([("user_id", "=", self.other.id)]))
        for record in (theirs, theirs.statement_id):
            with self.assertRaises(AccessError):
                record.with_user(self.rep).read(["user_id"])
            with self.assertRaises(AccessError):
                record.with_user(self.rep).explanation_html  # noqa: B018
        with self.assertRaises(AccessError):
            theirs.with_user(self.rep).action_open_source()
        with self.assertRaises(AccessError):
            theirs.with_user(self.rep).action_inquire()
        self.assertEqual(self.march.with_user(self.rep).amount, 100)
        self.assertEqual(self.march.with_user(self.rep).line_ids, mine)
        self.assertEqual(self.march.with_user(self.rep).statement_ids.user_id, self.rep)
        self.assertIn("100.00", mine.with_user(self.rep).explanation_html)

    def test_terms_of_others(self):
        """A plan is read by those it pays."""
        outsider = self._create_user(
            "incentive_other_plan", "sales_team.group_sale_salesman"
        )
        for record in (self.plan, self.version, self.version.rule_ids):
            self.assertTrue(record.with_user(self.rep).has_access("read"))
            self.assertFalse(record.with_user(outsider).has_access("read"))
        draft = self._draft(self._percent(3))
        self.assertFalse(draft.with_user(self.rep).has_access("read"))
        self.assertTrue(draft.with_user(self.boss).has_access("read"))

    def test_leader(self):
        """A team's leader sees the pay of the team only with the role."""
        leader = self._create_user("incentive_l", "sales_team.group_sale_salesman")
        self.team.user_id = leader
        lines = self.env["crm.incentive.line"].with_user(leader)
        self.assertFalse(lines.search([]))
        leader.group_ids += self.env.ref("crm_team_incentives.group_incentive_leader")
        self.assertEqual(lines.search([]).user_id, self.rep + self.other)
        self.team.user_id = self.manager
        self.assertFalse(lines.search([]))

    def test_other_company(self):
        company = self._create_company("Incentive Test Other Company")
        boss = self._create_user(
            "incentive_m_elsewhere",
            "crm_team_incentives.group_incentive_manager",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        self._fill()
        for model in self._get_models("crm_team_incentives"):
            if model == "crm.incentive.try":
                continue
            with self.subTest(model):
                self.assertTrue(self.env[model].search([]), "something to hide")
                records = self.env[model].with_user(boss)
                records = records.with_context(allowed_company_ids=company.ids)
                self.assertFalse(records.search([]))

    def _fill(self):
        """One of each kind, in the first company."""
        version = self._draft(
            self._stepped((0, 5)),
            weights={self.tier_mid: 45},
            frequency_ids=[(0, 0, {"orders_from": 0, "factor": 100})],
        )
        simulation = self.env["crm.incentive.simulation"].create(
            {
                "version_id": version.id,
                "period_from_id": self.march.id,
                "period_to_id": self.march.id,
            }
        )
        simulation.action_compute()
        today = self.company._get_value_today()
        contest = self.env["crm.incentive.contest"].create(
            {
                "name": "Contest",
                "company_id": self.company.id,
                "date_from": today,
                "date_to": fields.Date.add(today, days=9),
                "criterion_ids": [(0, 0, {"metric": "amount_order"})],
                "prize_ids": [(0, 0, {"name": "Trip"})],
            }
        )
        self.env["crm.incentive.contest.result"].create(
            {
                "contest_id": contest.id,
                "company_id": self.company.id,
                "user_id": self.rep.id,
                "state": "none",
            }
        )
        order = self._create_quotation(self.customer, 10, user_id=self.rep.id)
        lead = self.env["crm.lead"].create(
            {"name": "Incentive Test", "company_id": self.company.id}
        )
        for document in ({"order_id": order.id}, {"lead_id": lead.id}):
            self.env["crm.incentive.split"].create(
                {**document, "user_id": self.rep.id, "share": 100}
            )
        self.env["crm.incentive.criterion"].create(
            {"name": "Several systems", "company_id": self.company.id}
        )
        self.env["crm.incentive.evaluation"].create({"order_id": order.id})
        line = self.march.line_ids[0]
        self.env["crm.incentive.inquiry"].create(
            {"line_id": line.id, "reason": "other"}
        )

    def test_splits(self):
        """Who sold the order says who shares it; who shares it sees that."""
        order = self._create_quotation(self.customer, 10, user_id=self.rep.id)
        vals = {"order_id": order.id, "user_id": self.rep.id, "share": 100}
        split = self.env["crm.incentive.split"].with_user(self.rep).create(vals)
        self.assertFalse(split.with_user(self.other).has_access("read"))
        with self.assertRaises(AccessError):
            split.with_user(self.other).write({"role": "support"})
        order.incentive_split_ids = [
            (1, split.id, {"share": 60}),
            (0, 0, {"user_id": self.other.id, "share": 40}),
        ]
        own = order.incentive_split_ids - split
        self.assertTrue(own.with_user(self.other).has_access("read"))
        with self.assertRaises(AccessError):
            own.with_user(self.other).write({"role": "support"})

    def test_fields_on_shared_models(self):
        """Whoever may not see pay has no field of it on orders and opportunities."""
        for model in ("sale.order", "crm.lead", "res.company"):
            fields = self.env[model].with_user(self.outsider).fields_get()
            portal = self.env[model].with_user(self.portal).fields_get()
            self.assertFalse([n for n in {**fields, **portal} if "incentive" in n])

    def test_forgotten_with_the_contact(self):
        found = self._check_forgotten("crm_team_incentives", {"crm.incentive.event"})
        self.assertEqual(found, {"crm.incentive.event"})
