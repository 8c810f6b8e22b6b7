"""What happens once, when the module is installed or removed."""


def post_init_hook(env):
    """Let the scheduled actions compute the first tiers and metrics within a minute.

    A company that installs on years of orders must not look at empty screens until the
    next night, and an installation must not wait for a long computation.
    """
    env.ref("crm_value_tiering.ir_cron_crm_value_recompute")._trigger()
    _score_leads_by_tier(env)


def _score_leads_by_tier(env):
    """Let predictive lead scoring learn how often leads of each tier are won.

    Whoever emptied the list of variables wants none: then none is added.
    """
    parameters = env["ir.config_parameter"].sudo()
    fields = [n for n in (parameters.get_param("crm.pls_fields") or "").split(",") if n]
    if fields and "value_tier_id" not in fields:
        parameters.set_param("crm.pls_fields", ",".join([*fields, "value_tier_id"]))
    env.ref("crm_value_tiering.ir_cron_crm_metric_recompute")._trigger()


def uninstall_hook(env):
    """Forget the tier in predictive lead scoring: its column goes with the module. So does
    the guard of the answers, with its trigger."""
    parameters = env["ir.config_parameter"].sudo()
    fields = parameters.get_param("crm.pls_fields") or ""
    kept = [name for name in fields.split(",") if name and name != "value_tier_id"]
    if fields and "value_tier_id" in fields.split(","):
        parameters.set_param("crm.pls_fields", ",".join(kept))
    env.cr.execute("DROP FUNCTION IF EXISTS crm_satisfaction_guard CASCADE")
    env["crm.lead.scoring.frequency"].sudo().search(
        [("variable", "=", "value_tier_id")]
    ).unlink()
