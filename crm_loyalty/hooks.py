"""What happens once, when the module is removed."""

from odoo.addons.crm_value_tiering.hooks import forget_favourites, loosen_tables

TABLES = (
    "crm_loyalty_member",
    "crm_loyalty_move",
    "crm_loyalty_lot",
    "crm_loyalty_adjustment",
    "crm_loyalty_document",
    "crm_loyalty_referral",
)


def uninstall_hook(env):
    """Remove the triggers that guard the ledger, and saved searches on it.

    Programs, rewards and cards are Odoo's and stay, with the points that customers
    have: rewards can still be had. They only earn nothing more.
    """
    env.cr.execute("DROP FUNCTION IF EXISTS crm_loyalty_guard CASCADE")
    env.cr.execute("DROP FUNCTION IF EXISTS crm_loyalty_lot_guard CASCADE")
    env["ir.model.data"].search(
        [("module", "=", "crm_loyalty"), ("model", "=", "loyalty.program")]
    ).unlink()
    forget_favourites(env, "crm_loyalty")
    loosen_tables(env, *TABLES)
