"""What happens once, when the module is removed."""

from odoo.addons.crm_value_tiering.hooks import forget_favourites, loosen_tables


def uninstall_hook(env):
    """Leave nothing behind that asks for what is gone; reasons can go before records."""
    forget_favourites(env, "crm_value_retention")
    loosen_tables(env, "crm_churn_reason")
