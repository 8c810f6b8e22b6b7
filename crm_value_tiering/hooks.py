"""What happens once, when the module is installed or removed."""

import logging
import re

from odoo.fields import Domain
from odoo.tools import SQL

from .wizards.crm_value_bi_key import BI_GROUP

_logger = logging.getLogger(__name__)

# Models of others whose records are searched by fields of this module.
SHARED_MODELS = ("crm.lead", "res.partner", "sale.order")


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


def uninstall_hook(env):
    """Leave nothing behind that names what is gone, or opens a door to it."""
    _forget_scoring(env)
    _close_reporting(env)
    names = {
        name
        for model in SHARED_MODELS
        for name, field in env[model]._fields.items()
        if field._module == "crm_value_tiering"
    }
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, sorted(names)))})\b")
    _stop_routing(env, pattern)
    _forget_favourites(env, pattern)
    _loosen_tables(env)


def _forget_scoring(env):
    """Predictive lead scoring reads columns: that of the tier goes with the module."""
    parameters = env["ir.config_parameter"].sudo()
    fields = parameters.get_param("crm.pls_fields") or ""
    kept = [name for name in fields.split(",") if name and name != "value_tier_id"]
    if fields and "value_tier_id" in fields.split(","):
        parameters.set_param("crm.pls_fields", ",".join(kept))
    env["crm.lead.scoring.frequency"].sudo().search(
        [("variable", "=", "value_tier_id")]
    ).unlink()


def _close_reporting(env):
    """The users of reporting tools have no other right: they and their keys end."""
    group = env.ref(BI_GROUP)
    readers = group.user_ids.filtered(lambda user: user.group_ids == group)
    env["res.users.apikeys"].sudo().search([("user_id", "in", readers.ids)]).unlink()
    readers.active = False


def _stop_routing(env, pattern):
    """Rules of lead assignment that ask for a tier assign nobody until they are changed.

    As they are they would stop the assignment of all teams with an error, and without
    the condition they would hand out leads that nobody wanted to hand out.
    """
    for model in ("crm.team", "crm.team.member"):
        rules = env[model].sudo().with_context(active_test=False)
        rules = rules.search([("assignment_domain", "!=", False)])
        for rule in rules.filtered(lambda r: pattern.search(r.assignment_domain)):
            _logger.warning(
                "%s assigns no leads any more: its filter asked for the tier, %s",
                rule.display_name,
                rule.assignment_domain,
            )
            rule.assignment_domain = str(Domain.FALSE)


def _forget_favourites(env, pattern):
    """Saved searches that ask for what is gone: opening them would be an error."""
    own = {
        name
        for name, model in env.items()
        if model._original_module == "crm_value_tiering"
    }
    favourites = env["ir.filters"].sudo().with_context(active_test=False).search([])
    favourites.filtered(
        lambda one: (
            one.model_id in own
            or (
                one.model_id in SHARED_MODELS
                and pattern.search(f"{one.domain} {one.context} {one.sort}")
            )
        )
    ).unlink()


def _loosen_tables(env):
    """Tiers and reasons go before the tables that name them: without their foreign keys
    PostgreSQL refuses nothing, and the log shows no errors that are none."""
    foreign_keys = env.execute_query(
        SQL(
            """
            SELECT relation.relname, key.conname
              FROM pg_constraint key JOIN pg_class relation ON relation.oid = key.conrelid
             WHERE key.contype = 'f' AND key.confdeltype = 'r'
               AND key.confrelid IN (SELECT oid FROM pg_class WHERE relname = ANY(%s)
                                        AND relnamespace = relation.relnamespace)
            """,
            ["crm_value_tier"],
        )
    )
    for table, name in foreign_keys:
        env.cr.execute(
            SQL(
                "ALTER TABLE %s DROP CONSTRAINT %s",
                SQL.identifier(table),
                SQL.identifier(name),
            )
        )
