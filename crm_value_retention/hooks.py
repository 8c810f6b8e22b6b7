"""What happens once, when the module is removed."""

from odoo.tools import SQL

from odoo.addons.crm_value_tiering.hooks import forget_favourites, loosen_tables


def uninstall_hook(env):
    """Remove saved searches on fields that go, and let reasons go before records."""
    _free_activity_types(env)
    forget_favourites(env, "crm_value_retention")
    loosen_tables(env, "crm_churn_reason")


def _free_activity_types(env):
    """Whatever keeps an activity type of ours from going becomes a to-do.

    Odoo moves open activities only when their type goes, and cannot delete it because
    of done ones, steps of activity plans, server actions and types that it follows. In
    SQL, since summary and note that were chosen with it stay.
    """
    types = env["ir.model.data"].search(
        [("module", "=", "crm_value_retention"), ("model", "=", "mail.activity.type")]
    )
    env.flush_all()
    for model in env.values():
        for field in model._fields.values():
            if (
                field.type == "many2one"
                and field.comodel_name == "mail.activity.type"
                and field.store
                and field.ondelete == "restrict"
                and model._auto
                and not model._abstract
            ):
                env.cr.execute(
                    SQL(
                        "UPDATE %(table)s SET %(column)s = %(todo)s"
                        " WHERE %(column)s = ANY(%(types)s)",
                        table=SQL.identifier(model._table),
                        column=SQL.identifier(field.name),
                        todo=env.ref("mail.mail_activity_data_todo").id,
                        types=types.mapped("res_id"),
                    )
                )
    env.invalidate_all()
