"""What happens once, when the module is removed."""

from odoo.addons.crm_value_tiering.hooks import forget_favourites


def uninstall_hook(env):
    """Remove the trigger that guards the answers, and saved searches on them."""
    env.cr.execute("DROP FUNCTION IF EXISTS crm_satisfaction_answer_guard CASCADE")
    forget_favourites(env, "crm_satisfaction")
