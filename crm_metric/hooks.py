"""What happens once, when the module is installed or removed."""

from odoo.addons.crm_value_tiering.hooks import forget_favourites


def post_init_hook(env):
    """Let the scheduled action compute the first metrics within a minute."""
    env.ref("crm_metric.ir_cron_crm_metric_recompute")._trigger()


def uninstall_hook(env):
    """Leave no saved search behind that uses fields of this add-on."""
    forget_favourites(env, "crm_metric")
