from odoo import fields, models
from odoo.exceptions import UserError

from .crm_complaint import MANAGER_GROUP
from .crm_complaint_sla_target import KINDS


class CrmComplaintClockEvent(models.Model):
    """What happened to a clock, and when: written once, never changed."""

    _name = "crm.complaint.clock.event"
    _inherit = "crm.erasable.mixin"
    _description = "Event of a Service Level Clock"
    _order = "at desc, id desc"
    _rec_name = "event"
    _erasable_texts = ("note",)
    _erasing_group = MANAGER_GROUP

    clock_id = fields.Many2one(
        "crm.complaint.clock", required=True, index=True, ondelete="cascade"
    )
    complaint_id = fields.Many2one(
        related="clock_id.complaint_id", store=True, index=True
    )
    company_id = fields.Many2one(related="clock_id.company_id", store=True, index=True)
    target = fields.Selection(KINDS, required=True)
    event = fields.Selection(
        [
            ("start", "Started"),
            ("pause", "Paused"),
            ("hold", "Held"),
            ("resume", "Resumed"),
            ("stop", "Reached"),
            ("reopen", "Reopened"),
            ("restart", "Restarted"),
            ("retarget", "Other Service Level"),
            ("exclude", "Excluded"),
            ("breach", "Missed"),
            ("escalate", "Escalated"),
        ],
        required=True,
    )
    at = fields.Datetime(required=True)
    user_id = fields.Many2one("res.users", ondelete="set null")
    note = fields.Char(help="Why: the reason of a pause, the old and the new target.")
    level = fields.Integer(help="Percent of the target at which it was escalated.")

    def write(self, vals):  # pylint: disable=method-required-super
        self.check_access("write")
        raise UserError(
            self.env._("What happened to a clock cannot be changed afterwards.")
        )
