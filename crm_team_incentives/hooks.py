"""What happens once, when the module is removed."""

from odoo.tools import SQL

from odoo.addons.crm_value_tiering.hooks import forget_favourites, loosen_tables


def uninstall_hook(env):
    """Remove the triggers that guard what was decided, and saved searches."""
    guard = env.registry["crm.incentive.guard.mixin"]
    tables = [
        model._table
        for model in env.values()
        if isinstance(model, guard) and not model._abstract
    ]
    for table in tables:
        env.cr.execute(
            SQL("DROP FUNCTION IF EXISTS %s CASCADE", SQL.identifier(f"{table}_guard"))
        )
    forget_favourites(env, "crm_team_incentives")
    unguarded = ("plan", "assignment", "inquiry", "split", "criterion", "evaluation")
    loosen_tables(env, *tables, *(f"crm_incentive_{name}" for name in unguarded))
