from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from .common import ValueCommon


@tagged("post_install", "-at_install")
class TestValueLead(ValueCommon):
    """The tier on leads and opportunities: stored, and always the customer's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls._ladder()
        cls.best, cls.worst = cls.customers[0], cls.customers[-1]
        cls._run()
        cls.leads = cls.env["crm.lead"]

    @classmethod
    def _create_lead(cls, partner, **vals):
        return cls.leads.create(
            {
                "name": f"Value Test Lead of {partner.name}",
                "type": "opportunity",
                "partner_id": partner.id,
                "company_id": cls.company.id,
                "user_id": cls.seller.id,
                "team_id": False,
                **vals,
            }
        )

    def _stored_tier(self, lead):
        """What the database says: predictive scoring reads it there."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT value_tier_id FROM crm_lead WHERE id = %s", [lead.id]
        )
        return self.env["crm.value.tier"].browse(self.env.cr.fetchone()[0])

    def test_follows_the_customer(self):
        lead = self._create_lead(self.best)
        self.assertEqual(lead.value_tier_id, self.tier_high)
        self.assertEqual(self._stored_tier(lead), self.tier_high)
        self.assertEqual(lead.value_tier_color, self.tier_high.color)
        lead.partner_id = self.worst
        self.assertEqual(self._stored_tier(lead), self.tier_low)
        lead.partner_id = False
        self.assertFalse(self._stored_tier(lead))

    def test_contact_of_the_customer(self):
        contact = self._create_customer("Value Test Buyer", parent_id=self.best.id)
        self.assertEqual(self._create_lead(contact).value_tier_id, self.tier_high)

    def test_without_value(self):
        self.assertFalse(self._create_lead(self._create_customer()).value_tier_id)
        self.assertFalse(self._create_lead(self.env["res.partner"]).value_tier_id)

    def test_typed_by_a_seller(self):
        """A form that a seller fills shows the tier before it is saved."""
        form = Form(self.leads.with_user(self.seller), view="crm.crm_lead_view_form")
        form.name = "Value Test Typed"
        form.partner_id = self.best
        self.assertEqual(form.value_tier_id, self.tier_high)
        form.partner_id = self.worst
        self.assertEqual(form.value_tier_id, self.tier_low)
        self.assertEqual(self._stored_tier(form.save()), self.tier_low)

    def test_run_updates_leads(self):
        """A computation brings the leads along; unchanged ones are not written."""
        rising = self._create_lead(self.worst)
        steady = self._create_lead(self.customers[8])
        new = self._create_customer("Value Test Newcomer")
        first = self._create_lead(new)
        archived = self._create_lead(self.worst, active=False, probability=20)
        self.env.flush_all()
        self._buy(self.worst, self.as_of, 10000)
        self._buy(new, self.as_of, 9000)
        run = self._run()
        self.assertEqual(run.counts["leads"], 3)
        self.assertEqual((rising + archived + first).value_tier_id, self.tier_high)
        self.assertEqual(self._stored_tier(rising), self.tier_high)
        self.assertEqual(steady.value_tier_id, self.tier_low)
        self.assertEqual(self._run().counts["leads"], 0)

    def test_closed_leads_keep_their_tier(self):
        """Scoring must learn what was known when they were closed."""
        won, lost, pending = (self._create_lead(self.best) for _number in range(3))
        won.action_set_won()
        lost.action_set_lost()
        closed = won + lost
        self._buy(self.best, self.as_of, -3000)  # the customer falls
        self._run()
        self.assertEqual(self._profile(self.best).tier_id, self.tier_mid)
        self.assertEqual(closed.value_tier_id, self.tier_high)
        self.assertEqual(pending.value_tier_id, self.tier_mid)
        self.env["crm.value.override"].create(
            {
                "partner_id": self.best.id,
                "tier_id": self.tier_low.id,
                "date_from": self.company._get_value_today(),
                "reason": "They will be back",
            }
        )
        self.assertEqual(closed.value_tier_id, self.tier_high)
        self.assertEqual(pending.value_tier_id, self.tier_low)
        lost.action_unarchive()
        won.stage_id = pending.stage_id
        won.probability = 50
        self.assertEqual(closed.value_tier_id, self.tier_low, "taken up again")
        pending.action_set_won()
        self.assertEqual(pending.value_tier_id, self.tier_low, "as on that day")

    def test_run_corrects_raw_changes(self):
        """What bypassed the ORM, or a new parent of the customer, is put right."""
        lead = self._create_lead(self.best)
        moved = self._create_lead(self.customers[8])
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET value_tier_id = NULL WHERE id = %s", [lead.id]
        )
        lead.invalidate_recordset()
        self.customers[8].parent_id = self.best
        self._run()
        self.assertEqual((lead + moved).value_tier_id, self.tier_high)

    def test_company_of_the_lead(self):
        """Its own company's tier. A lead of no company is seen by all of them: the tier
        that one of them gives is not for the others."""
        other = self._mirror_company(self.worst, self.best)
        colleague = self._create_user(
            "value_colleague",
            "sales_team.group_sale_salesman_all_leads",
            company_id=other.id,
            company_ids=[Command.set((other + self.company).ids)],
        )
        none = self.env["crm.value.tier"]
        cases = [
            (self.company, self.seller, self.tier_low),
            (self.company, colleague, self.tier_low),
            (other, colleague, self.tier_high),
            (False, colleague, none),
            (False, self.seller, none),
            (False, False, none),
        ]
        leads = self.leads
        for company, user, _tier in cases:
            leads += self._create_lead(
                self.worst,
                company_id=company and company.id,
                user_id=user and user.id,
            )
        for moment in ("created", "computed in SQL"):
            for lead, (company, user, tier) in zip(leads, cases, strict=True):
                with self.subTest(
                    moment, company=company and company.name, user=user and user.login
                ):
                    self.assertEqual(
                        lead.company_id, company or lead.browse().company_id
                    )
                    self.assertEqual(lead.value_tier_id, tier)
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE crm_lead SET value_tier_id = NULL WHERE id = ANY(%s)",
                [leads.ids],
            )
            leads.invalidate_recordset()
            self._run()
            self._run(company=other)
        leads[1].company_id = other
        self.assertEqual(leads[1].value_tier_id, self.tier_high)
        leads[1].company_id = False
        self.assertFalse(leads[1].value_tier_id)

    def test_a_single_company(self):
        """Nobody else could see it: leads without a company have its tiers."""
        leads = self.registry["crm.lead"]
        self.patch(leads, "_get_only_company", lambda _leads: self.company)
        lead = self._create_lead(self.best, company_id=False, user_id=False)
        self.assertEqual(lead.value_tier_id, self.tier_high)
        self._buy(self.best, self.as_of, -3000)
        self._run()
        self.assertEqual(self._stored_tier(lead), self.tier_mid)
        # another company is founded
        self.patch(leads, "_get_only_company", lambda leads: leads.company_id.browse())
        self._run()
        self.assertFalse(self._stored_tier(lead))

    def test_the_only_company(self):
        companies = self.env["res.company"].search([])
        self.assertGreater(len(companies), 1)
        self.assertFalse(self.leads._get_only_company())
        self.patch(
            self.registry["res.company"],
            "search",
            lambda self, *args, **kwargs: self.browse(companies[0].id),
        )
        self.assertEqual(self.leads._get_only_company(), companies[0])

    def test_group_and_filter(self):
        leads = self.leads
        for customer in self.customers:
            leads += self._create_lead(customer)
        leads += self._create_lead(self._create_customer())
        as_seller = leads.with_user(self.seller)
        domain = [("id", "in", leads.ids)]
        groups = as_seller.formatted_read_group(domain, ["value_tier_id"], ["__count"])
        counts = {
            group["value_tier_id"] and group["value_tier_id"][0]: group["__count"]
            for group in groups
        }
        self.assertEqual(
            counts,
            {self.tier_high.id: 2, self.tier_mid.id: 4, self.tier_low.id: 4, False: 1},
        )
        high = as_seller.search([*domain, ("value_tier_id", "=", self.tier_high.id)])
        self.assertEqual(high.partner_id.sudo(), self.customers[:2])

    def test_views(self):
        """Sellers see the tier; somebody who only reads leads gets views without it."""
        group = self.env["res.groups"].create({"name": "Value Test Lead Readers"})
        self.env["ir.model.access"].create(
            {
                "name": "value test lead readers",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "group_id": group.id,
                "perm_read": True,
            }
        )
        reader = new_test_user(
            self.env,
            "value_reader",
            group_ids=[self.env.ref("base.group_user").id, group.id],
            company_id=self.company.id,
        )
        lead = self._create_lead(self.best, user_id=False)
        for user, expected in ((self.seller, True), (reader, False)):
            for kind, view in (
                ("kanban", "crm.crm_case_kanban_view_leads"),
                ("form", "crm.crm_lead_view_form"),
                ("list", "crm.crm_case_tree_view_oppor"),
                ("list", "crm.crm_case_tree_view_leads"),
                ("search", "crm.view_crm_case_opportunities_filter"),
                ("search", "crm.view_crm_case_leads_filter"),
            ):
                arch = self.leads.with_user(user).get_view(self.env.ref(view).id, kind)[
                    "arch"
                ]
                with self.subTest(user=user.login, view=view):
                    self.assertEqual("value_tier" in arch, expected)
            self.assertTrue(lead.with_user(user).read(["name"]))
