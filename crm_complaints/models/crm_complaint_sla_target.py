from datetime import timedelta

import pytz

from odoo import api, fields, models

from ..clock import end_of_day

KINDS = [
    ("acknowledge", "Acknowledge"),
    ("first_response", "First Response"),
    ("next_update", "Next Update"),
    ("resolution", "Resolution"),
]
CLOCKS = [
    ("working", "Working Hours"),
    ("elapsed", "Hours Around the Clock"),
    ("business_days", "Business Days"),
    ("calendar_days", "Calendar Days"),
]
MAX_AMOUNT = 10_000


class CrmComplaintSlaTarget(models.Model):
    """One promise of a service level: what, within how long, by which clock."""

    _name = "crm.complaint.sla.target"
    _inherit = ["crm.line.mixin", "crm.limits.mixin"]
    _description = "Target of a Service Level"
    _order = "policy_id, kind, id"
    _rec_name = "kind"
    _line_of = "policy_id"

    policy_id = fields.Many2one(
        "crm.complaint.sla.policy", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="policy_id.company_id", store=True, index=True)
    kind = fields.Selection(
        KINDS,
        string="Target",
        required=True,
        help="Acknowledge: the customer knows that it arrived. First response: the first "
        "answer by a person. Next update: the next answer after one of the customer. "
        "Resolution: closed, or accepted by the customer.",
    )
    amount = fields.Float(
        string="Within",
        required=True,
        limits=(0.01, MAX_AMOUNT),
        help="Hours or days.",
    )
    clock = fields.Selection(
        CLOCKS,
        required=True,
        default="working",
        help="Working hours pause while the request waits. The others are the clocks of "
        "regulators: they never pause. Days end at midnight.",
    )

    _policy_kind_uniq = models.Constraint(
        "UNIQUE (policy_id, kind)", "A service level has each target once."
    )

    @api.depends("kind", "amount", "clock")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for target in self:
            amount = f"{target.amount:g}"
            if target.clock in ("working", "elapsed"):
                within = self.env._("%(amount)s h", amount=amount)
            else:
                within = self.env._("%(amount)s days", amount=amount)
            target.display_name = f"{kinds.get(target.kind, '')} {within}"

    def _is_pausable(self):
        return self.clock == "working"

    def _get_seconds(self, start, schedule):
        """Length of the target on its own clock.

        Days are counted after the day of the start, and end with the last second of
        the local day; their clock is the wall's, so their length follows.

        :param start: naive UTC moment at which the clock began
        :param schedule: working time of the policy's calendar, for business days
        """
        self.ensure_one()
        if self.clock in ("working", "elapsed"):
            return round(self.amount * 3600)
        zone = pytz.timezone(self.policy_id.calendar_id.tz or "UTC")
        day = pytz.utc.localize(start).astimezone(zone).date()
        if self.clock == "calendar_days":
            day += timedelta(days=int(self.amount))
        else:
            day = self._add_business_days(day, zone, schedule)
        return int((end_of_day(day, zone) - start).total_seconds())

    def _add_business_days(self, day, zone, schedule):
        """The n-th day with working time after ``day``."""
        left = int(self.amount)
        while left:
            begin, end = end_of_day(day, zone), end_of_day(day + timedelta(1), zone)
            if schedule.moment(end, 1) is None:
                # no working time ahead: every day counts, rather than none for ever
                return day + timedelta(days=left)
            day += timedelta(1)
            left -= bool(schedule.elapsed(begin, end))
        return day
