"""What happens once, when the module is removed."""

from odoo.addons.crm_value_tiering.hooks import forget_favourites, loosen_tables


def uninstall_hook(env):
    """Remove the numbers of the companies and what refers to the module."""
    env["ir.sequence"].sudo().search([("code", "=", "crm.complaint")]).unlink()
    forget_favourites(env, "crm_complaints")
    loosen_tables(
        env,
        "crm_complaint_stage",
        "crm_complaint_cause",
        "crm_complaint_team",
    )
