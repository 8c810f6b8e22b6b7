"""What happens once, when the module is removed."""

from odoo.addons.crm_value_tiering.hooks import (
    drop_guards,
    forget_favourites,
    loosen_tables,
)


def uninstall_hook(env):
    """Remove the numbers of the companies and what refers to the module."""
    env["ir.sequence"].sudo().search([("code", "=", "crm.complaint")]).unlink()
    forget_favourites(env, "crm_complaints")
    tables = drop_guards(env, "crm_complaints")
    loosen_tables(
        env,
        *tables,
        "crm_complaint_alarm",
        "crm_complaint_capa",
        "crm_complaint_remedy",
        "crm_complaint_solution",
        "crm_complaint_stage",
        "crm_complaint_cause",
        "crm_complaint_team",
    )
