from odoo import api, fields, models

from odoo.addons.crm_value_tiering.models.crm_limits_mixin import (
    MAX_AMOUNT,
    MAX_COLOR,
    MAX_SEQUENCE,
)

from .crm_complaint_stage import OPEN_STATES


class CrmComplaintTeam(models.Model):
    """Who takes care of requests: people, a leader, a mail address."""

    _name = "crm.complaint.team"
    _inherit = [
        "crm.company.mixin",
        "crm.limits.mixin",
        "crm.named.mixin",
        "mail.alias.mixin",
        "mail.thread",
        "rating.parent.mixin",
    ]
    _description = "Service Team"
    _order = "sequence, id"
    _rating_satisfaction_days = 365

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10, limits=(0, MAX_SEQUENCE))
    active = fields.Boolean(default=True)
    color = fields.Integer(limits=(0, MAX_COLOR))
    user_id = fields.Many2one(
        "res.users",
        string="Team Leader",
        index=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        tracking=True,
    )
    member_ids = fields.Many2many(
        "res.users",
        string="Members",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="They see the requests of this team and take the next one of its queue.",
    )
    reopen_days = fields.Integer(
        string="Reopen Within (Days)",
        default=14,
        limits=(0, 3650),
        help="An answer of the customer within so many days after closing opens the "
        "request again; later it becomes a new one, linked as a repeat.",
    )
    acknowledge_template_id = fields.Many2one(
        "mail.template",
        string="Acknowledgement",
        domain="[('model', '=', 'crm.complaint')]",
        default=lambda self: self.env.ref(
            "crm_complaints.mail_template_acknowledge", raise_if_not_found=False
        ),
        help="Sent to customers who write by mail or on the portal, once per request. "
        "Empty: nothing is sent.",
    )
    survey_template_id = fields.Many2one(
        "mail.template",
        string="Question after Closing",
        domain="[('model', '=', 'crm.complaint')]",
        default=lambda self: self.env.ref(
            "crm_complaints.mail_template_survey", raise_if_not_found=False
        ),
        help="Asks how satisfied the customer is, with a link to give a mark from 1 to 5: "
        "once per request. Empty: nobody is asked.",
    )
    survey_delay_hours = fields.Integer(
        string="Ask After (Hours)",
        default=24,
        limits=(0, 720),
        help="So long after closing: who opens the request again is not asked yet.",
    )
    survey_pause_days = fields.Integer(
        string="Ask a Contact Every (Days)",
        default=30,
        limits=(0, 3650),
        help="Who was asked within so many days, about any request, is not asked again. "
        "0: about each request.",
    )
    low_mark_action = fields.Selection(
        [
            ("tell", "Task for the team leader"),
            ("reopen", "Reopen, with a task for the team leader"),
        ],
        string="On Marks 1 and 2",
        required=True,
        default="tell",
        help="Reopened only within the days that requests can be reopened.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    approval_limit = fields.Monetary(
        default=200,
        limits=(0, MAX_AMOUNT),
        help="Solutions of one request that cost more than this, all together, need the "
        "approval of a team leader who did not propose them.",
    )
    manager_limit = fields.Monetary(
        string="Quality Manager's Limit",
        default=2000,
        limits=(0, MAX_AMOUNT),
        help="Above this only quality managers approve.",
    )
    refund_user_id = fields.Many2one(
        "res.users",
        string="Refunds To",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Gets a task to make the credit note when a refund is carried out. Empty: "
        "whoever is responsible for the request.",
    )
    complaint_ids = fields.One2many("crm.complaint", "team_id")
    open_count = fields.Integer(compute="_compute_counts")
    unassigned_count = fields.Integer(compute="_compute_counts")
    missed_count = fields.Integer(
        compute="_compute_counts", help="Open requests with a missed service level."
    )
    alias_id = fields.Many2one(
        help="Mail sent to this address becomes a request of the team."
    )

    @api.model
    def _get_naming_fields(self):
        return [*super()._get_naming_fields(), ("crm.complaint", "team_id")]

    def _compute_counts(self):
        complaints = self.env["crm.complaint"]
        domain = [("team_id", "in", self.ids), ("state", "in", OPEN_STATES)]
        found = complaints._read_group(
            domain, ["team_id", "user_id", "sla_state"], ["__count"]
        )
        self.open_count = self.unassigned_count = self.missed_count = 0
        for team, user, sla_state, count in found:
            team.open_count += count
            team.unassigned_count += 0 if user else count
            team.missed_count += count if sla_state == "missed" else 0

    def _alias_get_creation_values(self):
        values = super()._alias_get_creation_values()
        values["alias_model_id"] = self.env["ir.model"]._get_id("crm.complaint")
        if self.id:
            values["alias_defaults"] = repr(
                {"team_id": self.id, "company_id": self.company_id.id}
            )
        return values

    @api.model
    def _get_default(self, company, user=None):
        """The team for a request that names none: the user's own, else the first."""
        teams = self.sudo().search([("company_id", "=", company.id)])
        own = teams.filtered(lambda team: user and user in team.member_ids)
        return (own or teams)[:1].with_env(self.env)

    def action_open_requests(self):
        """Open the team's requests."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_complaints.crm_complaint_action"
        )
        action["domain"] = [("team_id", "=", self.id)]
        action["context"] = {"default_team_id": self.id, "search_default_open": 1}
        action["display_name"] = self.name
        return action
