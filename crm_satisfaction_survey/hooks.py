"""What happens once, when the module is removed."""

from odoo.addons.crm_value_tiering.hooks import forget_favourites


def uninstall_hook(env):
    """Remove saved searches; surveys and their answers stay Odoo's."""
    forget_favourites(env, "crm_satisfaction_survey")
