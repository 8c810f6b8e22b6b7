"""What happens once, when the module is installed."""


def post_init_hook(env):
    """Let the scheduled action compute the first metrics within a minute."""
    env.ref("crm_metric.ir_cron_crm_metric_recompute")._trigger()
