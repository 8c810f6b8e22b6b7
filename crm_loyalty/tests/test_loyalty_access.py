from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.crm_value_tiering.tests.common import ALL, NOTHING, READ

from .common import LoyaltyCommon

DIALOGS = {"crm.loyalty.setup", "crm.loyalty.measure.ask"}


@tagged("post_install", "-at_install")
class TestLoyaltyAccess(LoyaltyCommon):
    """Sellers read and grant, managers set up and approve, auditors read."""

    RIGHTS = {
        "crm.loyalty.member": (READ, READ),
        "crm.loyalty.lot": (READ, READ),
        "crm.loyalty.move": (READ, READ),
        "crm.loyalty.allocation": (NOTHING, READ),
        "crm.loyalty.document": (NOTHING, READ),
        "crm.loyalty.event": (NOTHING, READ),
        "crm.loyalty.referral": (READ, READ),
        "crm.loyalty.measure": (NOTHING, READ),
        "crm.loyalty.measure.ask": (NOTHING, ALL),
        "crm.loyalty.proof": (NOTHING, READ),
        "crm.loyalty.adjustment": (ALL, ALL),
        "crm.loyalty.multiplier": (READ, ALL),
        "crm.loyalty.setup": (NOTHING, ALL),
    }

    def test_rights_of_each_role(self):
        self._check_rights("crm_loyalty", self.RIGHTS)

    def test_an_auditor_reads_everything_and_changes_nothing(self):
        auditor = self._create_user(
            "loyalty_auditor", "crm_loyalty.group_loyalty_auditor"
        )
        self._grant(100)
        for model in self._get_models("crm_loyalty") - DIALOGS:
            records = self.env[model].with_user(auditor)
            self.assertTrue(records.has_access("read"), model)
            for operation in ("write", "create", "unlink"):
                self.assertFalse(records.has_access(operation), (model, operation))
        move = self._moves().with_user(auditor)
        self.assertTrue(move.explanation_html)
        self.assertEqual(move.member_id.outlook, "100 points can be used now.")

    def test_other_companies(self):
        """Neither members nor entries, nor by asking for points for them."""
        self._grant(100)
        member = self._member()
        company = self._create_company("Loyalty Test Elsewhere")
        stranger = self._create_user(
            "loyalty_stranger",
            "sales_team.group_sale_manager",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        for model in ("member", "lot", "move", "allocation"):
            if model == "allocation":
                continue
            records = self.env[f"crm.loyalty.{model}"].with_user(stranger)
            records = records.with_context(allowed_company_ids=company.ids)
            self.assertFalse(records.search([]), model)
        with self.assertRaises(AccessError):
            self.env["crm.loyalty.adjustment"].with_user(stranger).with_context(
                allowed_company_ids=company.ids
            ).create({"member_id": member.id, "points": 5, "reason": "Elsewhere"})

    def test_contacts_with_points_are_not_deleted(self):
        """Points are owed: the customer is archived or merged instead."""
        self.assertEqual(
            {
                (model._name, field.name)
                for model in self.env.values()
                for field in model._fields.values()
                if field._module == "crm_loyalty"
                and field.type == "many2one"
                and field.comodel_name == "res.partner"
                and field.store
            },
            {("crm.loyalty.member", "partner_id")},
        )
