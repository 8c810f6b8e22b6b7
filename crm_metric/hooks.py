"""What happens once, when the module is installed or removed."""

from odoo.addons.crm_value_tiering.hooks import forget_favourites


def post_init_hook(env):
    """Let the scheduled action compute the first metrics within a minute."""
    env.ref("crm_metric.ir_cron_crm_metric_recompute")._trigger()


def uninstall_hook(env):
    """Leave nothing behind: no saved search on fields of this add-on, and none of its
    campaigns because of the costs entered for them."""
    env["crm.campaign.cost"].search([]).unlink()
    forget_favourites(env, "crm_metric")
