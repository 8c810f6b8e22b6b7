"""What happens once, when the module is removed."""

from odoo.addons.crm_value_tiering.hooks import forget_favourites


def uninstall_hook(env):
    """The guard of the answers goes, with its trigger, and what asks for them."""
    env.cr.execute("DROP FUNCTION IF EXISTS crm_satisfaction_answer_guard CASCADE")
    forget_favourites(env, "crm_satisfaction")
