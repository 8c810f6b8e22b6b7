from odoo import api, fields, models


class CrmValueTransition(models.Model):
    """Changes as a board: who moved up or down, and what the customer buys."""

    _inherit = "crm.value.transition"

    direction = fields.Selection(group_expand="_expand_directions")
    from_tier_color = fields.Integer(related="from_tier_id.color", string="From Color")
    to_tier_color = fields.Integer(related="to_tier_id.color", string="To Color")
    currency_id = fields.Many2one(related="company_id.currency_id")
    revenue_year = fields.Monetary(
        related="profile_id.revenue_year",
        help="Untaxed revenue less refunds of the last 365 days, as of the last "
        "computation.",
    )

    @api.model
    def _expand_directions(self, directions, domain):
        """The board's columns: up before down, and both when nobody moved."""
        shown = [*directions, "up", "down"]
        return [
            key for key, _label in self._fields["direction"].selection if key in shown
        ]

    def action_open_partner(self):
        """Open the contact."""
        self.ensure_one()
        return self.profile_id.action_open_partner()
