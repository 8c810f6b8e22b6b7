from ast import literal_eval
from datetime import date, timedelta

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged

from ..hooks import post_init_hook
from .common import ValueCommon


@tagged("post_install", "-at_install")
class TestValueDrive(ValueCommon):
    """What the tier drives: lead scoring, stars, routing, the price list to suggest."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        (cls.tier_high | cls.tier_mid | cls.tier_low).lead_priority = False
        cls.customers = cls._ladder()
        cls._run()
        cls.best, cls.worst = cls.customers[0], cls.customers[9]
        cls.parameters = cls.env["ir.config_parameter"].sudo()

    def _lead(self, partner=None, **vals):
        return self.env["crm.lead"].create(
            {
                "name": "Value Test Deal",
                "type": "opportunity",
                "partner_id": partner and partner.id,
                "company_id": self.company.id,
                "user_id": self.seller.id,
                **vals,
            }
        )

    # ------------------------------------------------------------ lead scoring
    def _pls_fields(self, before):
        self.parameters.set_param("crm.pls_fields", before)
        post_init_hook(self.env)
        return self.parameters.get_param("crm.pls_fields")

    def test_scoring_gets_the_tier(self):
        self.assertEqual(
            self._pls_fields("country_id,source_id"),
            "country_id,source_id,value_tier_id",
        )

    def test_scoring_gets_it_once(self):
        self.assertEqual(
            self._pls_fields("value_tier_id,source_id"), "value_tier_id,source_id"
        )

    def test_scoring_without_variables_stays_so(self):
        self.assertFalse(self._pls_fields(""))

    def test_scoring_offers_the_tier(self):
        """Among the variables of Odoo's own settings."""
        self.assertIn(
            "value_tier_id",
            self.env["crm.lead.scoring.frequency.field"]
            .search([])
            .field_id.mapped("name"),
        )

    def test_scoring_learns_win_rates_per_tier(self):
        """High leads are won, Low ones lost: a new High lead has the better prospects."""
        self.parameters.set_param("crm.pls_fields", "value_tier_id")
        self.parameters.set_param("crm.pls_start_date", "2000-01-01")
        self.env["crm.lead.scoring.frequency"].search([]).unlink()
        team = self.env["crm.team"].create(
            {"name": "Value Test Team", "company_id": self.company.id}
        )
        for partner, won in ((self.best, 5), (self.worst, 1)):
            leads = self.env["crm.lead"].concat(
                *(self._lead(partner, team_id=team.id) for _number in range(6))
            )
            leads[:won].action_set_won()
            leads[won:].action_set_lost()
        learned = {
            frequency.value: (frequency.won_count, frequency.lost_count)
            for frequency in self.env["crm.lead.scoring.frequency"].search(
                [("variable", "=", "value_tier_id"), ("team_id", "=", team.id)]
            )
        }
        self.assertEqual(  # Odoo begins counting at 0.1
            learned,
            {
                str(self.tier_high.id): (5.1, 1.1),
                str(self.tier_low.id): (1.1, 5.1),
            },
        )
        high = self._lead(self.best, team_id=team.id)
        low = self._lead(self.worst, team_id=team.id)
        (high + low).invalidate_recordset()
        self.assertGreater(
            high.with_user(self.seller).automated_probability,
            low.with_user(self.seller).automated_probability,
        )
        # as once no value model uses it any more
        self.env["crm.value.policy.tier"].search(
            [("tier_id", "=", self.tier_low.id)]
        ).unlink()
        self.tier_low.active = False
        for lead, tier in ((high, "High"), (low, "Low")):
            tooltip = lead.with_user(self.seller).prepare_pls_tooltip_data()
            named = tooltip["low_3_data"] + tooltip["top_3_data"]
            self.assertIn(
                ("value_tier_id", tier), [(one["field"], one["value"]) for one in named]
            )

    # ---------------------------------------------------------------- priority
    def test_stars_on_creation(self):
        self.tier_high.lead_priority = "2"
        self.assertEqual(self._lead(self.best).priority, "2")
        self.assertEqual(self._lead(self.best, priority="1").priority, "1")
        self.assertEqual(self._lead(self.worst).priority, "0")
        self.assertEqual(self._lead().priority, "0")

    def test_stars_with_the_customer(self):
        """A seller names the customer: the stars come with the tier, once."""
        self.tier_high.lead_priority = "2"
        lead = self._lead().with_user(self.seller)
        with Form(lead) as form:
            form.partner_id = self.best
        self.assertEqual(lead.priority, "2")
        lead.priority = "0"
        lead.write({"partner_id": self.best.id})
        self.assertEqual(lead.priority, "0", "somebody took them away")
        lead.partner_id = self.worst
        lead.priority = "3"
        lead.partner_id = self.best
        self.assertEqual(lead.priority, "3", "somebody gave more")

    def test_stars_with_a_computation(self):
        """Only open leads without stars whose tier changes."""
        self.tier_high.lead_priority = "3"
        rising = self.customers[5]
        names = ("plain", "starred", "archived", "lost")
        leads = {name: self._lead(rising) for name in names}
        leads["starred"].priority = "1"
        leads["archived"].active = False
        leads["lost"].action_set_lost()
        same = self._lead(self.best)
        same.priority = "0"
        self._buy_many(
            [(rising, self.as_of - timedelta(days=n), 5000) for n in range(4)]
        )
        self._run()
        self.assertEqual(leads["plain"].value_tier_id, self.tier_high)
        self.assertEqual(
            {name: lead.priority for name, lead in leads.items()},
            {"plain": "3", "starred": "1", "archived": "0", "lost": "0"},
        )
        self.assertEqual(same.priority, "0", "the tier is the same as before")

    def test_stars_with_a_tier_set_by_hand(self):
        self.tier_high.lead_priority = "2"
        lead = self._lead(self.worst)
        self.env["crm.value.override"].create(
            {
                "company_id": self.company.id,
                "partner_id": self.worst.id,
                "tier_id": self.tier_high.id,
                "reason": "They told us so",
                "date_from": self.company._get_value_today(),
            }
        )
        self.assertEqual((lead.value_tier_id, lead.priority), (self.tier_high, "2"))

    def test_no_stars_without_configuration(self):
        self.assertEqual(self._lead(self.best).priority, "0")

    # ----------------------------------------------------------------- routing
    def test_routing_by_tier(self):
        """Odoo's own assignment sends High leads to one team, the others elsewhere."""
        self.parameters.set_param("crm.lead.auto.assignment", True)
        keeper = self._create_user("value_keeper", "sales_team.group_sale_salesman")
        self.env["crm.team"].search([]).assignment_optout = True
        teams = self.env["crm.team"].create(
            [
                {
                    "name": "Value Test Key Accounts",
                    "company_id": self.company.id,
                    "use_leads": True,
                    "assignment_domain": f"[('value_tier_id', '=', {self.tier_high.id})]",
                    "crm_team_member_ids": [
                        Command.create({"user_id": keeper.id, "assignment_max": 300})
                    ],
                },
                {
                    "name": "Value Test Others",
                    "company_id": self.company.id,
                    "use_leads": True,
                    "assignment_domain": f"[('value_tier_id', '!=', {self.tier_high.id})]",
                    "crm_team_member_ids": [
                        Command.create(
                            {"user_id": self.seller.id, "assignment_max": 300}
                        )
                    ],
                },
            ]
        )
        high, low, unknown = (
            self._lead(partner, type="lead", user_id=False, team_id=False)
            for partner in (self.best, self.worst, None)
        )
        leads = high + low + unknown
        # Only these: the database may hold others, without a team.
        self.env["crm.lead"].search(
            [("user_id", "=", False), ("id", "not in", leads.ids)]
        ).write({"user_id": self.env.user.id})
        teams.with_user(self.manager).action_assign_leads()
        self.assertEqual((high.team_id, high.user_id), (teams[0], keeper))
        for lead in (low, unknown):
            self.assertEqual((lead.team_id, lead.user_id), (teams[1], self.seller))
        self.assertTrue(literal_eval(teams[0].assignment_domain))

    def test_routing_domain_can_name_the_tier(self):
        """The domain editor of a team leader offers the tier."""
        fields = (
            self.env["crm.lead"].with_user(self.manager).fields_get(["value_tier_id"])
        )
        self.assertTrue(fields["value_tier_id"]["searchable"])
        self.assertEqual(fields["value_tier_id"]["relation"], "crm.value.tier")

    # -------------------------------------------------------------- price list
    def test_price_list_is_suggested_not_applied(self):
        usual = self._get_pricelist(self.currency)
        special = self.env["product.pricelist"].create(
            {
                "name": "Key accounts",
                "currency_id": self.currency.id,
                "company_id": False,
                "item_ids": [
                    Command.create(
                        {
                            "compute_price": "percentage",
                            "percent_price": 20,
                            "applied_on": "3_global",
                        }
                    )
                ],
            }
        )
        self.product.list_price = 50
        self.tier_high.with_company(self.company).pricelist_id = special
        order = self._create_quotation(self.best, 100, user_id=self.seller.id)
        order = order.with_user(self.seller)
        self.assertEqual((order.pricelist_id, order.amount_untaxed), (usual, 100))
        self.assertEqual(order.value_pricelist_id, special)
        order.action_apply_value_pricelist()
        self.assertEqual((order.pricelist_id, order.amount_untaxed), (special, 40))
        self.assertFalse(order.value_pricelist_id)

    def test_archived_price_list(self):
        """It is not offered any more, and a click on a page from before changes nothing."""
        special = self._get_pricelist(self.currency).copy({"name": "Key accounts"})
        self.tier_high.with_company(self.company).pricelist_id = special
        order = self._create_quotation(self.best, 100)
        self.assertEqual(order.value_pricelist_id, special)
        special.active = False
        self.env.invalidate_all()
        self.assertFalse(order.value_pricelist_id)
        order.action_apply_value_pricelist()
        self.assertEqual(order.pricelist_id, self._get_pricelist(self.currency))

    def test_no_price_list_for_others(self):
        special = self._get_pricelist(self.currency).copy({"name": "Key accounts"})
        self.tier_high.with_company(self.company).pricelist_id = special
        self.assertFalse(self._create_quotation(self.worst, 1).value_pricelist_id)
        sold = self._buy(self.best, self.as_of, 1)
        self.assertFalse(sold.value_pricelist_id)
        other = self._mirror_company(self.best, self.worst)
        elsewhere = self._create_quotation(self.best, 1, company=other)
        self.assertEqual(elsewhere.value_tier_id, self.tier_high)
        self.assertFalse(elsewhere.value_pricelist_id)


@tagged("post_install", "-at_install")
class TestValueRecomputeDates(ValueCommon):
    """What a remote caller may ask for."""

    @freeze_time("2026-06-30 04:00:00")
    def test_dates(self):
        self._ladder()
        runs = self.env["crm.value.run"].with_user(self.manager)
        self.assertEqual(runs.recompute(as_of="2026-06-29").as_of, date(2026, 6, 29))
        for wrong in ("yesterday", "2026-13-01", "30/06/2026", 20260630, [1]):
            with (
                self.subTest(wrong=wrong),
                self.assertRaisesRegex(UserError, "is not a date: write it as"),
            ):
                runs.recompute(as_of=wrong)
        with self.assertRaisesRegex(UserError, "2026-07-01 is in the future"):
            runs.recompute(as_of="2026-07-01")
        self.assertEqual(
            runs.sudo().recompute(as_of="2026-07-01").as_of, date(2026, 7, 1)
        )
