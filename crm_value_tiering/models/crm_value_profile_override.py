from odoo import fields, models
from odoo.tools import format_date


class CrmValueProfile(models.Model):
    """A tier set by hand: beside the earned one, and explained."""

    _inherit = "crm.value.profile"

    override_id = fields.Many2one(
        "crm.value.override",
        string="Tier Set by Hand",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    earned_tier_id = fields.Many2one(
        "crm.value.tier",
        readonly=True,
        ondelete="restrict",
        help="The tier that the figures give, while another one is set by hand.",
    )

    def action_set_tier(self):
        """Open the wizard that sets the tier by hand."""
        self.ensure_one()
        return self.partner_id.with_company(self.company_id).action_set_value_tier()

    def action_end_override(self):
        """Return the customer to the tier that the figures give."""
        self.ensure_one()
        self.override_id.action_end()

    # -------------------------------------------------------------- explanation
    def _get_explanation(self):
        why = super()._get_explanation()
        if self.override_id and not self.purchase_days:
            why["summary"] = [self._get_override_sentence(), *why["summary"]]
        return why

    def _get_tier_sentence(self, run):
        if not self.override_id:
            return super()._get_tier_sentence(run)
        if not self.earned_tier_id:
            return self._get_override_sentence()
        return " ".join(
            [
                self._get_override_sentence(),
                self.env._("The figures give %(tier)s.", tier=self.earned_tier_id.name),
            ]
        )

    def _get_next_tier_sentences(self, run):
        return [] if self.override_id else super()._get_next_tier_sentences(run)

    def _get_override_sentence(self):
        override = self.override_id
        values = {
            "tier": override.tier_id.name,
            "user": override.user_id.sudo().name or "–",
            "begin": format_date(self.env, override.date_from),
            "reason": override.reason.strip().rstrip("."),
        }
        if not override.date_to:
            return self.env._(
                "%(tier)s: set by %(user)s on %(begin)s, because: %(reason)s.", **values
            )
        return self.env._(
            "%(tier)s: set by %(user)s on %(begin)s until %(end)s, because: %(reason)s.",
            **values,
            end=format_date(self.env, fields.Date.subtract(override.date_to, days=1)),
        )
