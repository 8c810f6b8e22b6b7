from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.crm_value_tiering.models.crm_limits_mixin import MAX_SEQUENCE

from .crm_complaint import CHANNELS, SEVERITIES, TYPES

MAX_PAUSE_DAYS = 3650


class CrmComplaintSlaPolicy(models.Model):
    """What service whom is promised: conditions and up to four targets.

    The first policy, in the order of the list, that a request meets gives each of its
    targets; a later one may add targets that an earlier one does not have.
    """

    _name = "crm.complaint.sla.policy"
    _inherit = ["crm.company.mixin", "crm.limits.mixin"]
    _description = "Service Level"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(
        default=10,
        limits=(0, MAX_SEQUENCE),
        help="The first one that applies counts.",
    )
    active = fields.Boolean(
        default=True,
        help="Archived, it applies to no further request. Clocks that run keep what "
        "they were promised.",
    )

    # Conditions: an empty one is met by every request
    partner_ids = fields.Many2many(
        "res.partner",
        string="Customers",
        help="Named customers, with their contacts. Empty: all.",
    )
    tier_ids = fields.Many2many(
        "crm.value.tier", string="Tiers", help="Empty: all, also without a tier."
    )
    type = fields.Selection(TYPES, help="Empty: all.")
    severity = fields.Selection(SEVERITIES, help="Empty: all.")
    channel = fields.Selection(CHANNELS, help="Empty: all.")
    cause_ids = fields.Many2many(
        "crm.complaint.cause",
        string="Causes",
        help="With their sub-causes. Empty: all.",
    )
    team_ids = fields.Many2many(
        "crm.complaint.team", string="Teams", check_company=True, help="Empty: all."
    )

    # Promise
    calendar_id = fields.Many2one(
        "resource.calendar",
        string="Working Hours",
        required=True,
        check_company=True,
        default=lambda self: self.env.company.resource_calendar_id,
        ondelete="restrict",
    )
    target_ids = fields.One2many(
        "crm.complaint.sla.target", "policy_id", string="Targets", copy=True
    )
    max_pause_days = fields.Integer(
        string="Longest Pause (Days)",
        default=30,
        limits=(0, MAX_PAUSE_DAYS),
        help="All pauses of a request together. Then its clocks go on by themselves.",
    )

    @api.constrains("calendar_id")
    def _check_calendar(self):
        for policy in self:
            calendar = policy.calendar_id
            if calendar.flexible_hours:
                raise ValidationError(
                    self.env._(
                        "“%(calendar)s” has flexible hours: nobody could say when a "
                        "target is due. Choose working hours with fixed times.",
                        calendar=calendar.name,
                    )
                )
            if not calendar.attendance_ids.filtered(lambda one: not one.display_type):
                raise ValidationError(
                    self.env._(
                        "“%(calendar)s” has no working time: a target would never be "
                        "due.",
                        calendar=calendar.name,
                    )
                )

    def _matches(self, complaint):
        """Whether the policy applies to the request (both as superuser)."""
        self.ensure_one()
        partner = complaint.partner_id
        paths = (complaint.cause_id.parent_path or "").split("/")
        return (
            (not self.type or self.type == complaint.type)
            and (not self.severity or self.severity == complaint.severity)
            and (not self.channel or self.channel == complaint.channel)
            and (not self.tier_ids or complaint.tier_id in self.tier_ids)
            and (not self.team_ids or complaint.team_id in self.team_ids)
            and (
                not self.partner_ids
                or partner in self.partner_ids
                or partner.commercial_partner_id in self.partner_ids
            )
            and (
                not self.cause_ids
                or any(str(cause.id) in paths for cause in self.cause_ids)
            )
        )

    @api.model
    def _get_targets(self, complaints):
        """What each request is promised.

        :return: dict complaint → dict kind of target → crm.complaint.sla.target
        """
        policies = self.sudo().search([("company_id", "in", complaints.company_id.ids)])
        by_company = policies.grouped("company_id")
        found = {}
        for complaint in complaints.sudo():
            found[complaint.id] = targets = {}
            for policy in by_company.get(complaint.company_id, self):
                if policy._matches(complaint):
                    for target in policy.target_ids:
                        targets.setdefault(target.kind, target)
        return found
