from odoo import api, fields, models


class ResCompany(models.Model):
    """Which activities are created and for whom; off by default."""

    _inherit = "res.company"

    crm_value_save = fields.Boolean(string="Save Activities")
    crm_value_winback = fields.Boolean(string="Win-Back Activities")
    crm_value_contact = fields.Boolean(string="Contact Activities")
    crm_value_winback_days = fields.Integer(
        string="Win Back Within (Days)",
        default=90,
        help="Win-back activities are created up to this many days after a customer is "
        "lost.",
    )
    crm_value_outreach_tier_id = fields.Many2one(
        "crm.value.tier",
        string="Lowest Tier",
        ondelete="restrict",  # emptied, activities would be created for all tiers
        help="Customers of this tier and better ones. Empty: of all tiers.",
    )
    crm_value_outreach_min_clv = fields.Monetary(
        string="From Lifetime Value",
        help="Customers whose predicted lifetime value is at least this.",
    )
    crm_value_outreach_limit = fields.Integer(
        string="Activities per Person and Day",
        default=10,
        help="No user gets more of these activities a day; the most valuable customers "
        "come first, the others on the following days.",
    )
    crm_value_outreach_user_id = fields.Many2one(
        "res.users",
        string="Otherwise Responsible",
        domain="[('share', '=', False), ('company_ids', 'in', id)]",
        help="Gets the activity for customers without a salesperson if the last order "
        "has no sales team with a leader.",
    )

    _crm_value_outreach_limit_positive = models.Constraint(
        "CHECK (crm_value_outreach_limit > 0)",
        "Allow at least one activity per person and day, or switch the activities off.",
    )
    _crm_value_winback_days_positive = models.Constraint(
        "CHECK (crm_value_winback_days > 0)",
        "Customers can be won back for at least one day after they are lost.",
    )

    @api.model
    def _get_company_root_delegated_field_names(self):
        """A branch has no customers of its own: its main company decides."""
        return [
            *super()._get_company_root_delegated_field_names(),
            "crm_value_save",
            "crm_value_winback",
            "crm_value_contact",
            "crm_value_winback_days",
            "crm_value_outreach_tier_id",
            "crm_value_outreach_min_clv",
            "crm_value_outreach_limit",
            "crm_value_outreach_user_id",
        ]
