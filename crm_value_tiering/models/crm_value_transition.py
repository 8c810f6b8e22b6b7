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
        ]
    )
    reason = fields.Selection(
        [
            ("computed", "By the figures"),
            ("override", "Set by hand"),
            ("override_ended", "Back to the computed tier"),
        ],
        required=True,
        default="computed",
        help="Whether the figures moved the customer, or somebody did.",
    )
    override_id = fields.Many2one(
        "crm.value.override",
        string="Tier Set by Hand",
        ondelete="set null",
        index="btree_not_null",
    )
    is_merged = fields.Boolean(
        string="Of a Merged Contact",
        help="Another contact's change, from before it was merged into this one or "
        "became a contact of it.",
    )
    note = fields.Text(related="override_id.reason", string="Because")
    from_tier_id = fields.Many2one("crm.value.tier", ondelete="restrict")
    to_tier_id = fields.Many2one("crm.value.tier", ondelete="restrict")
    from_lifecycle = fields.Selection(LIFECYCLES, string="From Stage")
    to_lifecycle = fields.Selection(LIFECYCLES, string="To Stage")
    from_score = fields.Float(digits=(6, 2), string="Score Before", aggregator=None)
    to_score = fields.Float(digits=(6, 2), string="Score After", aggregator=None)

    _company_date_idx = models.Index("(company_id, date)")

    @api.depends("partner_id.display_name")
    def _compute_display_name(self):
        for change in self:
            # as any many2one to the customer shows it: whoever may read the change
            change.display_name = change.sudo().partner_id.display_name
