from odoo import api, models
from odoo.tools import SQL


class CrmValueEngine(models.AbstractModel):
    """Tiers set by hand outlive every computation until they end."""

    _inherit = "crm.value.engine"

    @api.model
    def _get_tier_columns(self, job):
        """Profile columns of the tier → SQL: that of the override, else the earned one.

        ``earned_tier_id`` is filled beside an override only, so that the profiles of
        everybody else stay as they are.
        """
        earned = self._get_tier_sql(job)
        return {
            "tier_id": SQL("COALESCE(override.tier_id, %s)", earned),
            "earned_tier_id": SQL(
                "CASE WHEN override.id IS NOT NULL THEN %s END", earned
            ),
            "override_id": SQL("override.id"),
        }

    @api.model
    def _get_override_join(self, job):
        """SQL: joins ``override``, if one holds for ``score`` as of the job's day."""
        return SQL(
            "LEFT JOIN crm_value_override override"
            " ON override.partner_id = score.partner_id"
            " AND override.company_id = %s AND %s",
            job["company"].id,
            self.env["crm.value.override"]._get_active_sql(job["as_of"]),
        )

    @api.model
    def _get_present_tier_sql(self, alias, prefix=""):
        """SQL: the tier earned until now, whether or not another one is set.

        :param alias: a row with the columns of the profile, named after ``prefix``
        """
        return SQL(
            "CASE WHEN %(override)s IS NULL THEN %(tier)s ELSE %(earned)s END",
            override=SQL.identifier(alias, f"{prefix}override_id"),
            tier=SQL.identifier(alias, f"{prefix}tier_id"),
            earned=SQL.identifier(alias, f"{prefix}earned_tier_id"),
        )

    @api.model
    def _get_present_columns(self):
        return [*super()._get_present_columns(), "override_id", "earned_tier_id"]

    @api.model
    def _get_direction_sql(self, alias):
        """SQL: whether ``alias`` moved up or down from from_tier_id to tier_id."""
        before = SQL.identifier(alias, "from_tier_id")
        after = SQL.identifier(alias, "tier_id")
        return SQL(
            "CASE WHEN %(before)s IS NULL THEN 'first'"
            " WHEN %(after)s IS NULL THEN 'none'"
            " WHEN array_position(%(tiers)s::int[], %(after)s)"
            " < array_position(%(tiers)s::int[], %(before)s) THEN 'up' ELSE 'down' END",
            before=before,
            after=after,
            tiers=self._get_ranked_tier_ids(),
        )

    @api.model
    def _get_reason_sql(self):
        """SQL: why the tier of ``result`` changed, of ``crm.value.transition``."""
        return SQL(
            "CASE WHEN result.override_id IS NOT DISTINCT FROM result.from_override_id"
            " THEN 'computed' WHEN result.override_id IS NOT NULL THEN 'override'"
            " ELSE 'override_ended' END"
        )
