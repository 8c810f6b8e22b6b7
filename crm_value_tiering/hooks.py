"""What happens once, when the module is installed or removed."""

import logging
import re

from odoo.fields import Domain
from odoo.tools import SQL

from .wizards.crm_value_bi_key import BI_GROUP

_logger = logging.getLogger(__name__)


def post_init_hook(env):
    """Let the scheduled action compute the first tiers within a minute.

    A company that installs on years of orders must not look at empty screens until the
    next night, and an installation must not wait for a long computation.
    """
    env.ref("crm_value_tiering.ir_cron_crm_value_recompute")._trigger()
    _score_leads_by_tier(env)


def _score_leads_by_tier(env):
    """Let predictive lead scoring learn how often leads of each tier are won.

    An empty list of variables was emptied on purpose and stays empty.
    """
    parameters = env["ir.config_parameter"].sudo()
    fields = [n for n in (parameters.get_param("crm.pls_fields") or "").split(",") if n]
    if fields and "value_tier_id" not in fields:
        parameters.set_param("crm.pls_fields", ",".join([*fields, "value_tier_id"]))


def uninstall_hook(env):
    """Remove what refers to the module, and the access of reporting tools."""
    _forget_scoring(env)
    _close_reporting(env)
    _stop_routing(env)
    forget_favourites(env, "crm_value_tiering")
    loosen_tables(env, "crm_value_tier")


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


def _stop_routing(env):
    """Rules of lead assignment that ask for a tier assign nobody until they are changed.

    As they are they would stop the assignment of all teams with an error, and without
    the condition they would hand out leads that nobody wanted to hand out.
    """
    pattern = _get_pattern(
        name
        for model in ("crm.lead", "res.partner", "sale.order")
        for name in _get_added_fields(env[model], "crm_value_tiering")
    )
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


def forget_favourites(env, module):
    """Remove saved searches on models and fields of the module.

    Opening them would be an error. They are those of the module's own models, and those
    of other models that name a field it added to them.
    """
    own, patterns = set(), {}
    for name, model in env.items():
        if model._original_module == module:
            own.add(name)
        elif fields := _get_added_fields(model, module):
            patterns[name] = _get_pattern(fields)
    favourites = env["ir.filters"].sudo().with_context(active_test=False).search([])
    favourites.filtered(
        lambda one: (
            one.model_id in own
            or (
                one.model_id in patterns
                and patterns[one.model_id].search(
                    f"{one.domain} {one.context} {one.sort}"
                )
            )
        )
    ).unlink()


def _get_added_fields(model, module):
    """The names of the fields that the module added to a model of others."""
    return {name for name, field in model._fields.items() if field._module == module}


def _get_pattern(names):
    """A pattern that finds any of the names in a domain or context."""
    return re.compile(rf"\b({'|'.join(map(re.escape, sorted(names)))})\b")


def drop_guards(env, module):
    """Drop the triggers by which a module closes its rows.

    :return: names of the tables that had one
    """
    guard = env.registry["crm.guard.mixin"]
    tables = [
        model._table
        for model in env.values()
        if isinstance(model, guard)
        and not model._abstract
        and model._original_module == module
    ]
    for table in tables:
        env.cr.execute(
            SQL("DROP FUNCTION IF EXISTS %s CASCADE", SQL.identifier(f"{table}_guard"))
        )
    return tables


def loosen_tables(env, *tables):
    """Drop the foreign keys by which a module's own tables hold each other and others.

    Odoo deletes the records of a module's data, such as people of its demo, before it
    drops the tables that refer to them. Dropping the foreign keys first keeps spurious
    errors out of the log.
    """
    foreign_keys = env.execute_query(
        SQL(
            """
            SELECT relation.relname, key.conname
              FROM pg_constraint key JOIN pg_class relation ON relation.oid = key.conrelid
              JOIN pg_class target ON target.oid = key.confrelid
             WHERE key.contype = 'f' AND key.confdeltype = 'r'
               AND relation.relnamespace = current_schema::regnamespace
               AND (relation.relname = ANY(%(tables)s) OR target.relname = ANY(%(tables)s))
            """,
            tables=list(tables),
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
