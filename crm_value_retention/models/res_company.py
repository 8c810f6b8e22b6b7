from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.crm_value_tiering.models.crm_limits_mixin import MAX_AMOUNT, MAX_DAYS
from odoo.addons.crm_value_tiering.models.crm_value_parameters import MAX_COUNT

MANAGER_GROUP = "crm_value_tiering.group_value_manager"


class ResCompany(models.Model):
    """Which activities are created and for whom; off by default."""

    _name = "res.company"
    _inherit = ["res.company", "crm.limits.mixin"]

    crm_value_save = fields.Boolean(string="Save Activities", groups=MANAGER_GROUP)
    crm_value_winback = fields.Boolean(
        string="Win-Back Activities", groups=MANAGER_GROUP
    )
    crm_value_contact = fields.Boolean(
        string="Contact Activities", groups=MANAGER_GROUP
    )
    crm_value_winback_days = fields.Integer(
        groups=MANAGER_GROUP,
        string="Win Back Within (Days)",
        default=90,
        limits=(1, MAX_DAYS),
        help="Win-back activities are created up to this many days after a customer is "
        "lost.",
    )
    crm_value_outreach_tier_id = fields.Many2one(
        "crm.value.tier",
        groups=MANAGER_GROUP,
        string="Lowest Tier",
        ondelete="restrict",  # emptied, activities would be created for all tiers
        help="Customers of this tier and better ones. Empty: of all tiers.",
    )
    crm_value_outreach_min_clv = fields.Monetary(
        groups=MANAGER_GROUP,
        string="From Lifetime Value",
        limits=(0, MAX_AMOUNT),
        help="Customers whose predicted lifetime value is at least this.",
    )
    crm_value_outreach_limit = fields.Integer(
        groups=MANAGER_GROUP,
        string="Activities per Person and Day",
        default=10,
        limits=(1, MAX_COUNT),
        help="No user gets more of these activities a day; the most valuable customers "
        "come first, the others on the following days.",
    )
    crm_value_outreach_user_id = fields.Many2one(
        "res.users",
        groups=MANAGER_GROUP,
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

    @api.constrains("crm_value_outreach_user_id")
    def _check_outreach_user(self):
        for company in self:
            user = company.crm_value_outreach_user_id
            # the main company of a branch decides, also whom it asks
            main = company._get_value_root()
            if user and (user.share or main not in user.company_ids):
                raise ValidationError(
                    self.env._(
                        "“%(user)s” cannot get activities of %(company)s: choose an "
                        "internal user who belongs to the company.",
                        user=user.name,
                        company=company.name,
                    )
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
