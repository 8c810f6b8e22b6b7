from datetime import timedelta
from uuid import uuid4

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from .crm_complaint import LEADER_GROUP
from .crm_complaint_gate import REQUIREMENTS
from .crm_complaint_sla_policy import MAX_PAUSE_DAYS
from .crm_complaint_stage import OPEN_STATES

# What the steps, the clocks and the buttons say, not whoever writes; an import may bring
# the moments of old requests when it creates them.
MOMENTS = {
    "acknowledged_at", "first_response_at", "accepted_at", "closed_at"
}  # fmt: skip
KEPT = {
    "reference",
    "proposed_email",
    "tier_id",
    "revenue_at_risk",
    "survey_due_at",
    "surveyed_at",
    "marked_at",
    "waiting_reason",
    "waiting_since",
    "waiting_until",
    "waited_seconds",
    "exclusion",
    "duplicate_of_id",
    "state",
    "deadline",
    "sla_state",
    "main_cause_id",
}


class CrmComplaint(models.Model):
    """The way through the steps: what the next one needs, waiting, closing, reopening."""

    _inherit = "crm.complaint"  # pylint: disable=consider-merging-classes-inherited

    # -------------------------------------------------------------------- guard
    @api.model
    def _get_kept(self, is_new):
        kept = super()._get_kept(is_new) | KEPT
        # a new one gets its number from us, whatever was sent
        return kept - {"reference"} if is_new else kept | MOMENTS

    # -------------------------------------------------------------------- gates
    @api.model
    def _get_gate_fields(self):
        return {name for names in REQUIREMENTS.values() for name in names}

    def _get_missing(self, stage, gates=None, emptied=()):
        """The requirements that the request does not meet to be in ``stage``.

        Those of all steps before count as well: what was emptied since, or belongs to
        a step that is skipped, is still needed.

        :param emptied: fields that count as empty
        :return: list of keys of ``REQUIREMENTS``, in the order of the steps
        """
        self.ensure_one()
        if gates is None:
            gates = self.env["crm.complaint.stage"]._get_gates()
        place = (stage.sequence, stage.id or 0)
        found = []
        for gate in gates:
            applies = (
                (gate.stage_id.sequence, gate.stage_id.id) <= place
                and (not gate.complaints_only or self.type == "complaint")
                and (not gate.team_ids or self.team_id._origin in gate.team_ids)
            )
            if applies and gate.requirement not in found:
                names = REQUIREMENTS[gate.requirement]
                if not all(self[name] and name not in emptied for name in names):
                    found.append(gate.requirement)
        return found

    @api.depends("stage_id", "team_id", "type", *sorted(sum(REQUIREMENTS.values(), [])))
    def _compute_missing(self):
        stages = self.env["crm.complaint.stage"]._get_all()
        gates = self.env["crm.complaint.stage"]._get_gates()
        for complaint in self:
            following = stages.filtered(
                lambda one, now=complaint.stage_id: one.sequence > now.sequence
            )
            complaint.next_stage_id = following[:1]
            missing = following and complaint._get_missing(following[0], gates)
            # delimited, so that a view can look for one of them
            complaint.missing = f",{','.join(missing)}," if missing else False

    def _check_gates(self):
        """:raise ValidationError: when a request lacks what its step asks for"""
        gates = self.env["crm.complaint.stage"]._get_gates()
        labels = dict(
            self.env["crm.complaint.gate"]
            ._fields["requirement"]
            ._description_selection(self.env)
        )
        for complaint in self:
            missing = complaint._get_missing(complaint.stage_id, gates)
            if missing:
                raise ValidationError(
                    self.env._(
                        "%(request)s cannot be in “%(stage)s” yet:\n%(missing)s",
                        request=complaint.display_name,
                        stage=complaint.stage_id.name,
                        missing="\n".join(f"• {labels[key]}" for key in missing),
                    )
                )

    def _enter_stage(self, before):
        """Requests are in another step now.

        :param before: dict request → step that it came from
        """
        excluded = self.filtered("exclusion")
        if excluded:
            raise UserError(
                self.env._(
                    "%(request)s is excluded and has no steps. Take it back first.",
                    request=excluded[0].display_name,
                )
            )
        # Back is always possible, forward only with what is needed.
        self.filtered(
            lambda one: one.stage_id.sequence >= before[one].sequence
        )._check_gates()
        now = fields.Datetime.now()
        self.filtered(
            lambda one: one.waiting_reason and not one.stage_id.may_wait
        )._resume(now)
        closed = self.filtered(lambda one: one.stage_id.is_closed)
        closed._finish(now)
        closed._plan_survey(now)
        self.filtered(
            lambda one: before[one].is_closed and not one.stage_id.is_closed
        )._take_up(now)

    def action_next_stage(self):
        """Move each request to the next step."""
        for complaint in self:
            if not complaint.next_stage_id:
                raise UserError(self.env._("This was the last step."))
            complaint.stage_id = complaint.next_stage_id

    # ------------------------------------------------------------------ closing
    def _finish(self, now):
        """Closed: the resolution is reached, what else runs is held.

        A request that is created closed, as by an import, was so when it says.
        """
        for at, closed in self.grouped(lambda one: one.closed_at or now).items():
            closed.sudo().write({"closed_at": at})
            clocks = closed.sudo().clock_ids
            resolution = clocks.filtered(lambda one: one.target == "resolution")
            resolution._apply("stop", at)
            (clocks - resolution)._apply("hold", at)

    def _take_up(self, now):
        """Open again: clocks go on with what they had consumed."""
        emptied = dict.fromkeys(["closed_at", "accepted_at", "survey_due_at"], False)
        self.sudo().write(emptied)
        clocks = self.sudo().clock_ids
        again = clocks.filtered(
            lambda one: one.state == "held" or one.target == "resolution"
        )
        again._apply("reopen", now)

    def action_reopen(self):
        """Open closed requests again, at the furthest step that they are ready for.

        What was carried out did not help: it has to be done, and asked, again.
        """
        now = fields.Datetime.now()
        for complaint in self.filtered(lambda one: one.state == "closed"):
            if not complaint._may_reopen(now):
                raise UserError(
                    self.env._(
                        "%(request)s was closed too long ago. Create a new request and "
                        "choose this one as what it repeats.",
                        request=complaint.display_name,
                    )
                )
            complaint._reopen()

    def _may_reopen(self, now):
        self.ensure_one()
        days = timedelta(days=self.team_id.sudo().reopen_days)
        return bool(self.closed_at) and now <= self.closed_at + days

    def _reopen(self):
        self.ensure_one()
        emptied = dict.fromkeys(["carried_out_date", "follow_up_result"], False)
        stages = self.env["crm.complaint.stage"].search([("is_closed", "=", False)])
        ready = stages.filtered(
            lambda stage: not self._get_missing(stage, emptied=emptied)
        )
        self.write({**emptied, "stage_id": (ready or stages[:1])[-1].id})

    # ------------------------------------------------------------------ waiting
    def action_pause(self):
        """Ask why and until when the request waits."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Wait"),
            "res_model": "crm.complaint.pause",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_complaint_id": self.id},
        }

    def action_resume(self):
        """Go on working."""
        self._resume(fields.Datetime.now())

    def _pause(self, reason, until, note, now):
        """Wait: the working-hours clocks stand.

        :param until: moment at which work goes on at the latest, or False
        """
        for complaint in self:
            if complaint.state != "open" or not complaint.stage_id.may_wait:
                raise UserError(
                    self.env._(
                        "%(request)s cannot wait in “%(stage)s”.",
                        request=complaint.display_name,
                        stage=complaint.stage_id.name,
                    )
                )
            latest = now + complaint._get_pause_left()
            if latest <= now:
                raise UserError(
                    self.env._(
                        "%(request)s has waited as long as its service level allows.",
                        request=complaint.display_name,
                    )
                )
            complaint.sudo().write(
                {
                    "waiting_reason": reason,
                    "waiting_since": now,
                    "waiting_until": min(until or latest, latest),
                }
            )
        self.sudo().clock_ids._apply("pause", now, note)

    def _get_pause_left(self):
        """How much longer the request may wait, all pauses together."""
        self.ensure_one()
        policies = self.sudo().clock_ids.policy_id
        days = min(policies.mapped("max_pause_days"), default=MAX_PAUSE_DAYS)
        return timedelta(days=days) - timedelta(seconds=self.waited_seconds)

    def _resume(self, at):
        """Go on, at the moment that ended the waiting."""
        waiting = self.filtered("waiting_reason")
        for complaint in waiting:
            waited = int((at - complaint.waiting_since).total_seconds())
            complaint.sudo().write(
                {
                    "waiting_reason": False,
                    "waiting_since": False,
                    "waiting_until": False,
                    "waited_seconds": complaint.waited_seconds + max(waited, 0),
                }
            )
        waiting.sudo().clock_ids._apply("resume", at)

    @api.model
    def _wake(self, company, now):
        """End the waiting that has lasted long enough, as of the moment it was due."""
        due = self.search(
            [
                ("company_id", "=", company.id),
                ("waiting_reason", "!=", False),
                ("waiting_until", "<=", now),
            ]
        )
        for until, complaints in due.grouped("waiting_until").items():
            complaints._resume(until)

    # ---------------------------------------------------------------- exclusion
    def action_exclude(self):
        """Ask why the request does not count."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Exclude"),
            "res_model": "crm.complaint.exclude",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_complaint_ids": self.ids},
        }

    def _exclude(self, exclusion, original=None, note=False):
        """Take requests out of all figures; who did it and why stays in the log.

        :param original: what the requests are duplicates of
        :raise AccessError: when the user may not; duplicates anybody may mark
        """
        self.check_access("write")
        leader = self.env.su or self.env.user.has_group(LEADER_GROUP)
        if exclusion != "duplicate" and not leader:
            raise AccessError(
                self.env._("Only team leaders take requests out of the figures.")
            )
        if original:
            original = original._get_original()
            if original in self:
                raise ValidationError(
                    self.env._("A request cannot be a duplicate or a repeat of itself.")
                )
        now = fields.Datetime.now()
        self._resume(now)
        self.sudo().write(
            {
                "exclusion": exclusion,
                "duplicate_of_id": original.id if original else False,
            }
        )
        self.sudo().clock_ids._apply("exclude", now, note)
        for complaint in self:
            # the link that the customer has opens nothing any more
            complaint.sudo().access_token = str(uuid4())
            if note:
                complaint.message_post(body=note, subtype_xmlid="mail.mt_note")
            if original:
                original.message_post(
                    body=self.env._(
                        "%(request)s is a duplicate of this request.",
                        request=complaint.reference,
                    ),
                    subtype_xmlid="mail.mt_note",
                )
                # colleagues of the customer go on following; nobody else does
                original.message_subscribe(
                    complaint.message_partner_ids.filtered(
                        lambda one: (
                            one.partner_share
                            and one.commercial_partner_id
                            == original.commercial_partner_id
                        )
                    ).ids
                )

    def action_take_back(self):
        """Count an excluded request again: its clocks begin anew, from the receipt."""
        if not self.env.su and not self.env.user.has_group(LEADER_GROUP):
            raise AccessError(
                self.env._("Only team leaders take requests out of the figures.")
            )
        self.check_access("write")
        excluded = self.filtered("exclusion")
        excluded.sudo().write({"exclusion": False, "duplicate_of_id": False})
        excluded.sudo().clock_ids.unlink()
        self.env["crm.complaint.clock"]._sync(excluded, fields.Datetime.now())

    def _get_original(self):
        """The request that a duplicate, or a chain of them, stands for."""
        self.ensure_one()
        original = self.sudo()
        while original.duplicate_of_id:
            original = original.duplicate_of_id
        return original.with_env(self.env)

    # -------------------------------------------------------------------- clock
    def _note_answer(self, at):
        """A person of ours answered: the customer knows more than before."""
        answered = self.filtered(lambda one: one.state in OPEN_STATES)
        if not answered:
            return
        first = answered.filtered(lambda one: not one.first_response_at)
        first.sudo().write({"first_response_at": at})
        answered.sudo().clock_ids.filtered(
            lambda one: (
                one.target in ("acknowledge", "first_response", "next_update")
                and one.state in ("running", "paused")
            )
        )._apply("stop", at)
        self.env["crm.complaint.clock"]._restart_updates(first, at)

    def _note_acknowledgement(self, at):
        """The customer was told that the request arrived."""
        self.sudo().clock_ids.filtered(
            lambda one: one.target == "acknowledge" and one.state == "running"
        )._apply("stop", at)

    def _note_customer(self, at):
        """The customer wrote or called: waiting ends, a closed request opens again.

        :return: the requests that are closed for too long, for which the message is
            the beginning of a new one
        """
        late = self.browse()
        for complaint in self:
            if complaint.state == "waiting":
                complaint._resume(at)
            elif complaint.state == "closed":
                if complaint._may_reopen(at):
                    complaint._reopen()
                else:
                    late |= complaint
        doubted = self.filtered(lambda one: one.accepted_at and one.state != "closed")
        doubted._take_up(at)
        talking = self.filtered(
            lambda one: one.state in OPEN_STATES and one.first_response_at
        )
        self.env["crm.complaint.clock"]._restart_updates(talking, at)
        return late

    def _note_acceptance(self, now):
        """The customer says that it is solved."""
        self.sudo().write({"accepted_at": now, "follow_up_result": "accepted"})
        self.sudo().clock_ids.filtered(lambda one: one.target == "resolution")._apply(
            "stop", now
        )
        closed = self.env["crm.complaint.stage"]._get_closed()
        for complaint in self.filtered(lambda one: one.state in OPEN_STATES):
            if closed and not complaint._get_missing(closed):
                complaint.stage_id = closed
