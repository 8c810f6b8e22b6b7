"""What happens once, when the module is removed."""

from odoo.addons.crm_value_tiering.hooks import forget_favourites, loosen_tables


def uninstall_hook(env):
    """Remove saved searches on fields that go, and let reasons go before records."""
    _keep_done_activities(env)
    forget_favourites(env, "crm_value_retention")
    loosen_tables(env, "crm_churn_reason")


def _keep_done_activities(env):
    """What was done stays, as a to-do: Odoo moves open activities only when their type
    goes, and cannot delete it because of the others."""
    types = env["ir.model.data"].search(
        [("module", "=", "crm_value_retention"), ("model", "=", "mail.activity.type")]
    )
    env["mail.activity"].sudo().with_context(active_test=False).search(
        [("activity_type_id", "in", types.mapped("res_id"))]
    ).activity_type_id = env.ref("mail.mail_activity_data_todo")
