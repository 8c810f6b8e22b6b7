"""What happens once, when the module is removed."""

from odoo.addons.crm_value_tiering.hooks import (
    drop_guards,
    forget_favourites,
    loosen_tables,
)


def uninstall_hook(env):
    """Remove the triggers that guard what was decided, and saved searches."""
    tables = drop_guards(env, "crm_team_incentives")
    forget_favourites(env, "crm_team_incentives")
    unguarded = ("plan", "assignment", "inquiry", "split", "criterion", "evaluation",
                 "simulation")  # fmt: skip
    loosen_tables(env, *tables, *(f"crm_incentive_{name}" for name in unguarded))
