from datetime import timedelta

import pytz

from odoo import api, fields, models

from ..clock import Clock, GrowingSchedule, WallSchedule
from .crm_complaint_sla_target import CLOCKS, KINDS

WALL = WallSchedule()
LEVELS = (50, 75, 100)
# Events whose moment is a field of the clock.
MOMENTS = {"start": "started_at", "stop": "stopped_at", "breach": "breached_at"}


class CrmComplaintClock(models.Model):
    """One target of one request: what it consumed, when it is due, how it ended.

    Written by :meth:`_apply` and by the sweep only, never by users. Policy, working
    hours and length are those of the moment at which the clock began, or at which
    another service level came to apply.
    """

    _name = "crm.complaint.clock"
    _description = "Service Level Clock"
    _order = "deadline, id"
    _rec_name = "target"

    complaint_id = fields.Many2one(
        "crm.complaint", required=True, index=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="complaint_id.company_id", store=True, index=True
    )
    team_id = fields.Many2one(related="complaint_id.team_id", store=True, index=True)
    user_id = fields.Many2one(related="complaint_id.user_id", store=True, index=True)
    tier_id = fields.Many2one(related="complaint_id.tier_id", store=True)
    partner_id = fields.Many2one(related="complaint_id.partner_id")
    target = fields.Selection(KINDS, required=True, readonly=True)
    policy_id = fields.Many2one(
        "crm.complaint.sla.policy",
        string="Service Level",
        readonly=True,
        index=True,
        ondelete="set null",
    )
    calendar_id = fields.Many2one(
        "resource.calendar",
        string="Working Hours",
        readonly=True,
        ondelete="set null",
    )
    clock = fields.Selection(CLOCKS, required=True, readonly=True)
    target_seconds = fields.Integer(required=True, readonly=True)
    state = fields.Selection(
        [
            ("running", "Running"),
            ("paused", "Paused"),
            ("held", "Held by Closing"),
            ("stopped", "Reached"),
            ("excluded", "Excluded"),
        ],
        required=True,
        readonly=True,
        default="running",
    )
    started_at = fields.Datetime(required=True, readonly=True)
    running_since = fields.Datetime(readonly=True)
    consumed_seconds = fields.Integer(
        readonly=True, help="Until the clock last began to run."
    )
    deadline = fields.Datetime(
        string="Due", readonly=True, help="Empty while the clock does not run."
    )
    half_at = fields.Datetime(readonly=True)
    warn_at = fields.Datetime(readonly=True)
    final_at = fields.Datetime(readonly=True)
    next_level_at = fields.Datetime(readonly=True)
    escalated_level = fields.Integer(readonly=True, aggregator=None)
    breached_at = fields.Datetime(
        string="Missed On", readonly=True, help="Stays, whatever comes later."
    )
    reclassified = fields.Boolean(
        string="Missed by Re-classification",
        readonly=True,
        help="Another service level applied when the target was consumed already. It is "
        "not counted as late work.",
    )
    stopped_at = fields.Datetime(string="Reached On", readonly=True)
    result = fields.Selection(
        [
            ("open", "Open"),
            ("met", "In Time"),
            ("missed", "Missed"),
            ("unanswered", "Closed Without"),
            ("excluded", "Excluded"),
        ],
        compute="_compute_result",
        store=True,
    )
    target_hours = fields.Float(
        string="Target (Hours)", compute="_compute_hours", store=True, aggregator="avg"
    )
    consumed_hours = fields.Float(
        string="Used (Hours)",
        compute="_compute_hours",
        store=True,
        aggregator="avg",
        help="Of the target's own clock, until it last stood.",
    )
    overrun_hours = fields.Float(
        string="Overrun (Hours)", compute="_compute_hours", store=True
    )
    remaining_hours = fields.Float(
        string="Left (Hours)",
        compute="_compute_remaining_hours",
        help="Right now; negative beyond the target.",
    )
    event_ids = fields.One2many("crm.complaint.clock.event", "clock_id")

    # Constraints beside what the sweep asks every minute
    _complaint_target_uniq = models.Constraint(
        "UNIQUE (complaint_id, target)", "A request has each target once."
    )
    _next_level_idx = models.Index("(next_level_at) WHERE state = 'running'")
    _deadline_idx = models.Index(
        "(deadline) WHERE state = 'running' AND breached_at IS NULL"
    )

    # ----------------------------------------------------------------- computes
    @api.depends("state", "breached_at")
    def _compute_result(self):
        for clock in self:
            if clock.state == "excluded":
                clock.result = "excluded"
            elif clock.breached_at:
                clock.result = "missed"
            elif clock.state == "stopped":
                clock.result = "met"
            else:
                clock.result = "unanswered" if clock.state == "held" else "open"

    @api.depends("target_seconds", "consumed_seconds")
    def _compute_hours(self):
        for clock in self:
            clock.target_hours = clock.target_seconds / 3600
            clock.consumed_hours = clock.consumed_seconds / 3600
            beyond = clock.consumed_seconds - clock.target_seconds
            clock.overrun_hours = max(beyond, 0) / 3600

    @api.depends("state", "running_since", "consumed_seconds", "target_seconds")
    def _compute_remaining_hours(self):
        now = fields.Datetime.now()
        cores = self._get_cores(self._load_schedules(now)) if self else {}
        for clock in self:
            clock.remaining_hours = cores[clock].remaining(now) / 3600

    # -------------------------------------------------------------------- clock
    @api.model
    def _get_schedules(self, calendars, low, high):
        """The working time of calendars as ``clock.GrowingSchedule``, by their id.

        Two queries per calendar, however many requests ask.
        """

        def make(calendar):
            def load(start, end):
                found = calendar._work_intervals_batch(
                    pytz.utc.localize(start), pytz.utc.localize(end)
                )[False]
                return [(to_naive(one[0]), to_naive(one[1])) for one in found]

            return GrowingSchedule(load, low - timedelta(days=14), high)

        def to_naive(moment):
            return moment.astimezone(pytz.utc).replace(tzinfo=None)

        return {calendar.id: make(calendar) for calendar in calendars.sudo()}

    def _load_schedules(self, at):
        """The working time that these clocks need to be moved to ``at``."""
        lows = [*self.mapped("started_at"), at]
        return self._get_schedules(self.calendar_id, min(lows), at)

    def _get_cores(self, schedules):
        """The clocks as ``clock.Clock``, by record."""
        return {
            clock: Clock(
                schedule=self._get_schedule(clock.clock, clock.calendar_id, schedules),
                target=clock.target_seconds,
                started=clock.started_at,
                pausable=clock.clock == "working",
                state=clock.state,
                consumed=clock.consumed_seconds,
                since=clock.running_since or None,
                breached=clock.breached_at or None,
                reclassified=clock.reclassified,
                stopped=clock.stopped_at or None,
            )
            for clock in self
        }

    @api.model
    def _get_schedule(self, clock, calendar, schedules):
        return schedules.get(calendar.id, WALL) if clock == "working" else WALL

    def _apply(self, event, at, note=False):
        """Let the same thing happen to these clocks, in few queries however many.

        :param event: name of a method of ``clock.Clock``
        :param at: when it happened, a naive UTC datetime
        :return: the clocks that it changed
        """
        if not self:
            return self
        schedules = self._load_schedules(at)
        changed, breached = self.browse(), self.browse()
        for clock, core in self._get_cores(schedules).items():
            before = core.state, core.consumed, core.since, core.breached
            getattr(core, event)(at)
            if (core.state, core.consumed, core.since) != before[:3]:
                changed |= clock
                breached |= clock.browse() if core.breached == before[3] else clock
                clock._keep(core, schedules)
        changed._log(event, at, note)
        breached._log("breach")
        return changed

    def _keep(self, core, schedules, **vals):
        """Write what the clock says now; what did not change costs nothing."""
        self.ensure_one()
        vals |= self._prepare_core_vals(core)
        vals |= self._prepare_moments(
            core,
            vals.get("clock", self.clock),
            schedules.get(vals.get("calendar_id", self.calendar_id.id)),
            vals.get("escalated_level", self.escalated_level),
        )
        self.sudo().write(vals)

    @api.model
    def _prepare_core_vals(self, core):
        return {
            "state": core.state,
            "target_seconds": core.target,
            "consumed_seconds": core.consumed,
            "started_at": core.started,
            "running_since": core.since or False,
            "breached_at": core.breached or False,
            "reclassified": core.reclassified,
            "stopped_at": core.stopped or False,
        }

    @api.model
    def _prepare_moments(self, core, clock, schedule, escalated=0):
        """When it is due, and when to escalate.

        Days end at midnight: their last notice is given in the last working hours
        before, when somebody is there to act.
        """
        half, warn, deadline = (core.moment_of(level) or False for level in LEVELS)
        final = deadline
        if deadline and clock != "working" and schedule:
            opening = schedule.opening_before(deadline) or deadline
            final = max(opening, core.started)
        levels = zip(LEVELS, (half, warn, final), strict=True)
        ahead = [at for level, at in levels if at and level > escalated]
        return {
            "deadline": deadline,
            "half_at": half,
            "warn_at": warn,
            "final_at": final,
            "next_level_at": min(ahead, default=False),
        }

    def _log(self, event, at=None, note=False, level=0):
        """Append to the history, by default for the moment that the clock says."""
        own = MOMENTS.get(event)
        self.env["crm.complaint.clock.event"].sudo().create(
            [
                {
                    "clock_id": clock.id,
                    "target": clock.target,
                    "event": event,
                    "at": at or clock[own],
                    "user_id": self.env.uid,
                    "note": note,
                    "level": level,
                }
                for clock in self
            ]
        )

    # ------------------------------------------------------------ service levels
    @api.model
    def _sync(self, complaints, at):
        """Start the clocks of requests, and tell running ones of another service level.

        A service level that no longer applies, with none in its place, stays what was
        promised.
        """
        complaints = complaints.sudo().filtered(lambda one: one.state != "excluded")
        if not complaints:
            return
        clocks = self.sudo().search([("complaint_id", "in", complaints.ids)])
        existing = {(one.complaint_id.id, one.target): one for one in clocks}
        wanted = self.env["crm.complaint.sla.policy"]._get_targets(complaints)
        targets = self.env["crm.complaint.sla.target"].union(
            *(target for found in wanted.values() for target in found.values())
        )
        schedules = self._get_schedules(
            targets.policy_id.calendar_id | clocks.calendar_id,
            min([*complaints.mapped("received_at"), *clocks.mapped("started_at"), at]),
            at,
        )
        vals_list = []
        for complaint in complaints:
            for kind, target in wanted[complaint.id].items():
                clock = existing.get((complaint.id, kind))
                if clock:
                    clock._retarget(target, at, schedules)
                elif kind != "next_update":
                    vals_list.append(
                        self._prepare_clock(
                            complaint, target, complaint.received_at, at, schedules
                        )
                    )
        self._start(vals_list)

    @api.model
    def _start(self, vals_list):
        clocks = self.sudo().create(vals_list)
        clocks._log("start")
        clocks.filtered("stopped_at")._log("stop")
        clocks.filtered("breached_at")._log("breach")
        return clocks

    @api.model
    def _prepare_clock(self, complaint, target, start, at, schedules):
        """Values of a clock that begins at ``start``; ``at`` is now."""
        calendar = target.policy_id.calendar_id
        core = Clock.start(
            self._get_schedule(target.clock, calendar, schedules),
            target._get_seconds(start, schedules[calendar.id]),
            start,
            target._is_pausable(),
        )
        answered = complaint.first_response_at
        if answered and target.kind in ("acknowledge", "first_response"):
            core.stop(max(answered, start))
        elif complaint.state == "waiting":
            core.pause(at)
        return {
            "complaint_id": complaint.id,
            "target": target.kind,
            "policy_id": target.policy_id.id,
            "calendar_id": calendar.id,
            "clock": target.clock,
            **self._prepare_core_vals(core),
            **self._prepare_moments(core, target.clock, schedules[calendar.id]),
        }

    def _retarget(self, target, at, schedules):
        """Another service level applies from now on."""
        self.ensure_one()
        calendar = target.policy_id.calendar_id
        seconds = target._get_seconds(self.started_at, schedules[calendar.id])
        now = (target.clock, calendar, seconds)
        if now == (self.clock, self.calendar_id, self.target_seconds):
            if self.policy_id != target.policy_id:
                self.sudo().policy_id = target.policy_id
            return
        core = self._get_cores(schedules)[self]
        missed = core.breached
        core.settle(at)
        core.pausable = target._is_pausable()
        schedule = self._get_schedule(target.clock, calendar, schedules)
        if target.clock != self.clock:
            core.consumed = schedule.elapsed(core.started, at)
        core.retarget(at, seconds, schedule)
        if core.target != seconds:
            return  # reached already: it stays what it was
        note = self.env._(
            "%(old)s h by %(before)s, now %(new)s h by %(after)s",
            old=round(self.target_seconds / 3600, 2),
            before=self.policy_id.name or "–",
            new=round(seconds / 3600, 2),
            after=target.policy_id.name,
        )
        self._keep(
            core,
            schedules,
            policy_id=target.policy_id.id,
            calendar_id=calendar.id,
            clock=target.clock,
            escalated_level=0,
        )
        self._log("retarget", at, note)
        if core.breached != missed:
            self._log("breach")

    @api.model
    def _restart_updates(self, complaints, at):
        """The customer waits for the next update, from now on."""
        clocks = self.sudo().search(
            [("complaint_id", "in", complaints.ids), ("target", "=", "next_update")]
        )
        clocks._apply("restart", at)
        fresh = complaints.sudo() - clocks.complaint_id
        wanted = self.env["crm.complaint.sla.policy"]._get_targets(fresh)
        wanted = {
            one: wanted[one.id]["next_update"]
            for one in fresh
            if "next_update" in wanted[one.id]
        }
        calendars = self.env["resource.calendar"].union(
            *(target.policy_id.calendar_id for target in wanted.values())
        )
        schedules = self._get_schedules(calendars, at, at) if wanted else {}
        self._start(
            [
                self._prepare_clock(complaint, target, at, at, schedules)
                for complaint, target in wanted.items()
            ]
        )
