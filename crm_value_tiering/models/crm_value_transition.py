from odoo import api, fields, models

from .crm_value_profile import LIFECYCLES


class CrmValueTransition(models.Model):
    """A customer changed tier or lifecycle stage. Written in SQL, never changed."""

    _name = "crm.value.transition"
    _description = "Value Change"
    _order = "date desc, id desc"
    _rec_name = "partner_id"
    profile_id = fields.Many2one(
        "crm.value.profile", required=True, ondelete="cascade", index=True
    )
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one("res.company", required=True, ondelete="cascade")
    run_id = fields.Many2one(
        "crm.value.run",
        string="Computation",
        ondelete="set null",
        index="btree_not_null",
    )
    user_id = fields.Many2one(related="partner_id.user_id", string="Salesperson")
    date = fields.Date(
        required=True,
        help="As-of date of the computation that found it, or day on which it was set.",
    )
    kind = fields.Selection(
        [("tier", "Tier"), ("lifecycle", "Lifecycle stage")], required=True
    )
    direction = fields.Selection(
        [
            ("first", "First tier"),
            ("up", "Moved up"),
            ("down", "Moved down"),
            ("none", "No tier any more"),
        ],
        group_expand="_expand_directions",
    )
    reason = fields.Selection(
        [
            ("computed", "By the figures"),
            ("override", "Set by hand"),
            ("override_ended", "Back to the computed tier"),
        ],
        required=True,
        default="computed",
        help="Whether the change was computed or made by somebody.",
    )
    override_id = fields.Many2one(
        "crm.value.override",
        string="Tier Set by Hand",
        ondelete="set null",
        index="btree_not_null",
    )
    is_merged = fields.Boolean(
        string="Of a Merged Contact",
        help="A change of another contact, before it was merged into this one or "
        "became a contact of it.",
    )
    origin_partner_id = fields.Many2one(
        "res.partner",
        string="Change Of",
        ondelete="cascade",
        index="btree_not_null",
        help="The contact that was a customer of its own then; it gets the change back "
        "when it is one again.",
    )
    note = fields.Text(
        related="override_id.reason",
        string="Because",
        groups="crm_value_tiering.group_value_user",
    )
    from_tier_id = fields.Many2one("crm.value.tier", ondelete="restrict")
    to_tier_id = fields.Many2one("crm.value.tier", ondelete="restrict")
    from_lifecycle = fields.Selection(LIFECYCLES, string="From Stage")
    to_lifecycle = fields.Selection(LIFECYCLES, string="To Stage")
    from_score = fields.Float(digits=(6, 2), string="Score Before", aggregator=None)
    to_score = fields.Float(digits=(6, 2), string="Score After", aggregator=None)
    _company_date_idx = models.Index("(company_id, date)")
    from_tier_color = fields.Integer(related="from_tier_id.color", string="From Color")
    to_tier_color = fields.Integer(related="to_tier_id.color", string="To Color")
    currency_id = fields.Many2one(related="company_id.currency_id")
    revenue_year = fields.Monetary(
        related="profile_id.revenue_year",
        help="Untaxed revenue less refunds of the last 365 days, as of the last "
        "computation.",
    )

    @api.depends("partner_id.display_name")
    def _compute_display_name(self):
        for change in self:
            # as any many2one to the customer shows it: whoever may read the change
            change.display_name = change.sudo().partner_id.display_name

    def _get_classes(self):
        """Tier and stage after these changes of one customer, the earliest one first."""
        tiers = self.filtered(lambda change: change.kind == "tier")
        return {
            "tier_id": tiers[-1:].to_tier_id.id,
            "lifecycle": (self - tiers)[-1:].to_lifecycle,
        }

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

    def action_export_xlsx(self):
        """Download the selected changes, or all that the list shows."""
        return self.env["crm.value.export"]._request(self)

    @api.model
    def _get_export_columns(self, with_reasons=True):
        """Hook: list of (header, kind, function of a change), in order."""
        return self.env["crm.value.export"]._get_columns(
            self,
            [
                "date",
                "partner_id",
                "company_id",
                "user_id",
                "kind",
                "direction",
                "from_tier_id",
                "to_tier_id",
                "from_lifecycle",
                "to_lifecycle",
                "from_score",
                "to_score",
                "reason",
                "note",
            ],
        )
