from odoo import fields, models

from odoo.addons.crm_value_tiering.models.crm_limits_mixin import MAX_DAYS


class CrmValueTier(models.Model):
    """How often, and how, customers of the tier are contacted."""

    _inherit = "crm.value.tier"

    contact_days = fields.Integer(
        string="Contact Every (Days)",
        limits=(0, MAX_DAYS),
        help="Customers of this tier are due this many days after the last contact. "
        "0: no regular contact.",
    )
    contact_activity_type_id = fields.Many2one(
        "mail.activity.type",
        string="Kind of Contact",
        domain="[('res_model', 'in', [False, 'res.partner'])]",
        ondelete="set null",
        help="Activity that the owner gets when a contact is due. Empty: “Contact "
        "customer”.",
    )
    contact_plan_id = fields.Many2one(
        "mail.activity.plan",
        string="Activity Plan",
        domain="[('res_model', '=', 'res.partner')]",
        ondelete="set null",
        help="Instead of a single activity: all activities of this plan.",
    )

    _contact_days_positive = models.Constraint(
        "CHECK (contact_days >= 0)",
        "The days between two contacts cannot be negative. Enter 0 for no regular "
        "contact.",
    )
