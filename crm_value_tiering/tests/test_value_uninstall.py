from odoo.fields import Command
from odoo.tests import tagged

from ..hooks import uninstall_hook
from ..wizards.crm_value_bi_key import BI_GROUP
from .common import ValueCommon

LOGGER = "odoo.addons.crm_value_tiering.hooks"


@tagged("post_install", "-at_install")
class TestValueUninstall(ValueCommon):
    """What Odoo does not clean up when a module goes: data of others that names it."""

    def test_scoring(self):
        """Predictive lead scoring forgets the column before it is dropped."""
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("crm.pls_fields", "country_id,value_tier_id,source_id")
        frequencies = self.env["crm.lead.scoring.frequency"].create(
            [
                {"variable": "value_tier_id", "value": str(self.tier_high.id)},
                {"variable": "country_id", "value": "1"},
            ]
        )
        uninstall_hook(self.env)
        self.assertEqual(parameters.get_param("crm.pls_fields"), "country_id,source_id")
        self.assertEqual(frequencies.exists(), frequencies[1])
        uninstall_hook(self.env)
        self.assertEqual(parameters.get_param("crm.pls_fields"), "country_id,source_id")

    def test_reporting(self):
        """A tool's user and its key end; somebody with other rights stays."""
        admin = self._create_user("value_admin", "base.group_system")
        wizard = self.env["crm.value.bi.key"].with_user(admin)
        wizard = wizard.create({"company_ids": [Command.set(self.company.ids)]})
        before = self.env["res.users"].search([])
        # Who is at the keyboard is asked in a browser only.
        type(wizard).action_create.__wrapped__(wizard)
        tool = self.env["res.users"].search([]) - before
        self.outsider.group_ids += self.env.ref(BI_GROUP)
        uninstall_hook(self.env)
        self.assertFalse(tool.active)
        keys = self.env["res.users.apikeys"].sudo()
        self.assertFalse(keys.search([("user_id", "=", tool.id)]))
        self.assertTrue(self.outsider.active)

    def test_routing(self):
        """A rule that asks for the tier would stop the assignment of all teams."""
        by_tier = "[('partner_id.value_tier_id.name', '=', 'High')]"
        by_country = "[('country_id.code', '=', 'DE')]"
        teams = self.env["crm.team"].create(
            [
                {"name": f"Value Test {domain}", "assignment_domain": domain}
                for domain in (by_tier, by_country)
            ]
        )
        member = self.env["crm.team.member"].create(
            {"crm_team_id": teams[1].id, "user_id": self.seller.id}
        )
        member.assignment_domain = "[('value_tier_id', '=', 1), ('type', '=', 'lead')]"
        with self.assertLogs(LOGGER, "WARNING") as logs:
            uninstall_hook(self.env)
        self.assertIn(by_tier, "".join(logs.output))
        nobody = "[(0, '=', 1)]"
        self.assertEqual(teams.mapped("assignment_domain"), [nobody, by_country])
        self.assertEqual(member.assignment_domain, nobody)

    def test_favourites(self):
        """Saved searches by what is gone go too; others stay."""
        favourites = self.env["ir.filters"].create(
            [
                {"name": "Value Test 1", "model_id": "crm.value.profile"},
                {
                    "name": "Value Test 2",
                    "model_id": "res.partner",
                    "domain": "[('value_tier_id', '=', 1)]",
                },
                {
                    "name": "Value Test 3",
                    "model_id": "crm.lead",
                    "context": "{'group_by': ['value_tier_id']}",
                },
                {
                    "name": "Value Test 4",
                    "model_id": "res.partner",
                    "domain": "[('name', 'ilike', 'value tier')]",
                },
            ]
        )
        uninstall_hook(self.env)
        self.assertEqual(favourites.exists(), favourites[3])

    def test_tables(self):
        """Tiers can go before what names them, without errors in the log."""
        self._ladder()
        self._run()
        uninstall_hook(self.env)
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM crm_value_tier")
        self.assertTrue(self.env.cr.rowcount)
