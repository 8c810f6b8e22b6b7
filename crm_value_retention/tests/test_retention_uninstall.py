from odoo.tests import tagged

from odoo.addons.base.models.ir_model import MODULE_UNINSTALL_FLAG
from odoo.addons.crm_value_tiering.tests.common import ValueCommon

from ..hooks import uninstall_hook


@tagged("post_install", "-at_install")
class TestRetentionUninstall(ValueCommon):
    """What Odoo does not clean up when the module goes."""

    def test_tables(self):
        """Reasons can go before what names them, without errors in the log."""
        self.env["crm.churn.record"].create(
            {
                "partner_id": self._create_customer().id,
                "reason_id": self.env.ref(
                    "crm_value_retention.crm_churn_reason_price"
                ).id,
            }
        )
        uninstall_hook(self.env)
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM crm_churn_reason")
        self.assertTrue(self.env.cr.rowcount)

    def test_activities(self):
        """Done ones stay, and do not keep their type from going."""
        kind = self.env.ref("crm_value_retention.mail_activity_type_save")
        activities = self.env["mail.activity"].union(
            *(
                self._create_customer().activity_schedule(
                    activity_type_id=kind.id, user_id=self.seller.id
                )
                for _number in range(2)
            )
        )
        activities[0].action_done()
        uninstall_hook(self.env)
        kind.with_context(**{MODULE_UNINSTALL_FLAG: True}).unlink()
        self.assertEqual(
            activities.activity_type_id, self.env.ref("mail.mail_activity_data_todo")
        )
        self.assertEqual(activities.mapped("active"), [False, True])

    def test_what_else_names_an_activity_type(self):
        """Steps of plans, server actions and types before it go on with a to-do."""
        kind = self.env.ref("crm_value_retention.mail_activity_type_winback")
        todo = self.env.ref("mail.mail_activity_data_todo")
        plan = self.env["mail.activity.plan"].create(
            {"name": "Value Test Plan", "res_model": "res.partner"}
        )
        step = self.env["mail.activity.plan.template"].create(
            {"plan_id": plan.id, "activity_type_id": kind.id, "summary": "Send flowers"}
        )
        before = self.env["mail.activity.type"].create(
            {"name": "Value Test First", "triggered_next_type_id": kind.id}
        )
        action = self.env["ir.actions.server"].create(
            {
                "name": "Value Test Action",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "state": "next_activity",
                "activity_type_id": kind.id,
            }
        )
        uninstall_hook(self.env)
        kind.with_context(**{MODULE_UNINSTALL_FLAG: True}).unlink()
        self.assertFalse(kind.exists())
        self.assertRecordValues(
            step, [{"activity_type_id": todo.id, "summary": "Send flowers"}]
        )
        self.assertEqual(before.triggered_next_type_id, todo)
        self.assertEqual(action.activity_type_id, todo)

    def test_favourites(self):
        """Saved searches by what is gone go; others of the same model stay."""
        favourites = self.env["ir.filters"].create(
            [
                {"name": "Value Test 1", "model_id": "crm.churn.record"},
                {
                    "name": "Value Test 2",
                    "model_id": "crm.value.profile",
                    "domain": "[('next_contact_date', '<', 'today')]",
                },
                {
                    "name": "Value Test 3",
                    "model_id": "crm.value.profile",
                    "domain": "[('value_score', '>', 50)]",
                },
            ]
        )
        uninstall_hook(self.env)
        self.assertEqual(favourites.exists(), favourites[2])
