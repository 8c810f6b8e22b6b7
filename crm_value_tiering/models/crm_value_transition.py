from odoo import fields, models

from .crm_value_profile import LIFECYCLES


class CrmValueTransition(models.Model):
    """A customer changed tier or lifecycle stage. Written by the engine, never changed."""

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
    company_id = fields.Many2one(
        "res.company", required=True, index=True, ondelete="cascade"
    )
    run_id = fields.Many2one(
        "crm.value.run",
        string="Computation",
        ondelete="set null",
        index="btree_not_null",
    )
    user_id = fields.Many2one(related="partner_id.user_id", string="Salesperson")
    date = fields.Date(
        required=True, index=True, help="As-of date of the computation that found it."
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
    from_tier_id = fields.Many2one("crm.value.tier", ondelete="restrict")
    to_tier_id = fields.Many2one("crm.value.tier", ondelete="restrict")
    from_lifecycle = fields.Selection(LIFECYCLES, string="From Stage")
    to_lifecycle = fields.Selection(LIFECYCLES, string="To Stage")
    from_score = fields.Float(digits=(6, 2), string="Score Before", aggregator=None)
    to_score = fields.Float(digits=(6, 2), string="Score After", aggregator=None)
