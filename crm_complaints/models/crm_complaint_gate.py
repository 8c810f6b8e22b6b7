from odoo import fields, models

# What a step may ask for → the fields of the request that answer it, all of them.
REQUIREMENTS = {
    "partner": ["partner_id"],
    "user": ["user_id"],
    "severity": ["severity"],
    "product": ["product_id"],
    "cause": ["cause_id"],
    "root_cause": ["root_cause"],
    "solution": ["solution"],
    "approved": ["is_approved"],
    "carried_out": ["carried_out_date"],
    "answered": ["first_response_at"],
    "follow_up": ["follow_up_result"],
}


class CrmComplaintGate(models.Model):
    """What a request needs before it may enter a step."""

    _name = "crm.complaint.gate"
    _inherit = ["crm.common.mixin", "crm.line.mixin"]
    _description = "Entry Condition of a Step"
    _order = "stage_id, id"
    _rec_name = "requirement"
    _line_of = "stage_id"

    stage_id = fields.Many2one(
        "crm.complaint.stage",
        string="Before the Step",
        required=True,
        index=True,
        ondelete="cascade",
    )
    requirement = fields.Selection(
        [
            ("partner", "The customer is known"),
            ("user", "Somebody is responsible"),
            ("severity", "The severity is set"),
            ("product", "The product is named"),
            ("cause", "The cause is set"),
            ("root_cause", "The root cause is written down"),
            ("solution", "A solution is planned"),
            ("approved", "Costs above the limit are approved"),
            ("carried_out", "The solution was carried out"),
            ("answered", "The customer got an answer"),
            ("follow_up", "The customer was asked whether it helped"),
        ],
        required=True,
    )
    team_ids = fields.Many2many(
        "crm.complaint.team", string="Teams", help="Empty: every team."
    )
    complaints_only = fields.Boolean(
        default=True,
        help="Questions, problem reports, praise and suggestions do without it.",
    )
    active = fields.Boolean(default=True)
