from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL, format_date, formatLang

from odoo.addons.crm_value_tiering.models.crm_limits_mixin import MAX_DATE, MIN_DATE

from ..stats import ranks
from ..stats.surveillance import discoveries
from .crm_complaint import MANAGER_GROUP, TYPES

DAYS = (7, 730)
LEVEL = 0.05  # of all steps together, a difference is believed at this rate
# With more of the later requests still in a step, only its quick ones are known.
RUNNING = 0.1


class CrmComplaintProcess(models.Model):
    """Where the time of requests goes, step by step; and what a change did to it.

    Without a change one time is looked at, with one as many days before as after it.
    Stays that began in these days count. Rows are written by :meth:`_count` only.
    """

    _name = "crm.complaint.process"
    _inherit = [
        "crm.company.mixin",
        "crm.limits.mixin",
        "crm.kept.mixin",
        "crm.conversation.mixin",
        "mail.thread",
    ]
    _description = "Process Review"
    _order = "state desc, date_to desc, id desc"
    _erasable_texts = ("name", "change", "lesson")
    _erasing_group = MANAGER_GROUP
    _kept = ("state", "counted_at", "bottleneck_id", "step_ids")

    name = fields.Char(
        string="Review",
        required=True,
        default=lambda self: self.env._("Where time goes"),
    )
    team_id = fields.Many2one(
        "crm.complaint.team",
        index="btree_not_null",
        check_company=True,
        ondelete="cascade",
        help="Empty: all teams.",
    )
    type = fields.Selection(TYPES, help="Empty: requests of all types.")
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        index=True,
        ondelete="restrict",
        tracking=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    days = fields.Integer(
        required=True,
        default=90,
        limits=DAYS,
        help="How many days are looked at; with a change, so many before it and after.",
    )
    date_to = fields.Date(
        string="Last Day",
        required=True,
        limits=(MIN_DATE, MAX_DATE),
        default=fields.Date.context_today,
    )
    change_date = fields.Date(
        string="Changed On",
        limits=(MIN_DATE, MAX_DATE),
        tracking=True,
        help="From this day on requests go the new way. Empty: nothing was changed.",
    )
    change = fields.Text(
        string="What Was Changed", help="Which step, what was done before, what now."
    )
    lesson = fields.Text(string="What Was Learnt")
    state = fields.Selection(
        [("open", "Open"), ("closed", "Closed")],
        required=True,
        readonly=True,
        default="open",
        copy=False,
        tracking=True,
    )
    counted_at = fields.Datetime(string="Counted", readonly=True, copy=False)
    step_ids = fields.One2many(
        "crm.complaint.process.step", "process_id", string="Steps", readonly=True
    )
    bottleneck_id = fields.Many2one(
        "crm.complaint.stage",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The step in which most of the time passes.",
    )
    before_days = fields.Char(compute="_compute_words")
    after_days = fields.Char(compute="_compute_words")
    summary = fields.Char(compute="_compute_words")

    # ----------------------------------------------------------------- computes
    @api.depends("days", "date_to", "change_date", "step_ids", "bottleneck_id")
    @api.depends_context("lang")
    def _compute_words(self):
        for process in self:
            before, after = process._get_windows()
            process.before_days = before and process._say(before)
            process.after_days = process._say(after)
            process.summary = process._get_summary()

    def _say(self, window):
        start, end = window
        last = end - timedelta(days=1)
        return f"{format_date(self.env, start)} – {format_date(self.env, last)}"

    def _get_summary(self):
        """One sentence: how long it takes, and where most of it passes."""
        self.ensure_one()
        rows = self.step_ids.filtered(lambda one: one.stage_id == self.bottleneck_id)
        if not (rows and self.bottleneck_id):
            return self.env._("No request went through a step in these days.")
        return self.env._(
            "Most of the time passes in “%(step)s”: %(share)s %% of it, %(hours)s hours "
            "in the middle case.",
            step=self.bottleneck_id.name,
            share=formatLang(self.env, rows[0].share, digits=0),
            hours=formatLang(self.env, rows[0].after_median, digits=1),
        )

    def _get_windows(self):
        """The two half-open times in local days; the first one None without a change."""
        self.ensure_one()
        length = timedelta(days=self.days)
        if self.change_date:
            return (
                (self.change_date - length, self.change_date),
                (self.change_date, self.change_date + length),
            )
        end = (self.date_to or fields.Date.context_today(self)) + timedelta(days=1)
        return None, (end - length, end)

    # -------------------------------------------------------------- constraints
    @api.constrains("user_id", "company_id")
    def _check_user(self):
        for process in self.filtered("user_id"):
            user = process.user_id.sudo()
            if user.share or process.company_id not in user.company_ids:
                raise ValidationError(
                    self.env._(
                        "%(user)s does not work in %(company)s and cannot be "
                        "responsible for its reviews.",
                        user=user.name,
                        company=process.company_id.name,
                    )
                )

    @api.constrains("change_date")
    def _check_change_date(self):
        for process in self.filtered("change_date"):
            if process.change_date > process.company_id._get_value_today():
                raise ValidationError(
                    self.env._("What was changed cannot have been so in the future.")
                )

    # --------------------------------------------------------------------- CRUD
    @api.model_create_multi
    def create(self, vals_list):
        processes = super().create(vals_list)
        processes._count()
        return processes

    def write(self, vals):
        self.check_access("write")
        looked_at = {"team_id", "type", "days", "date_to", "change_date"}
        settled = looked_at | {"change", "lesson", "name"}
        closed = self.filtered(lambda one: one.state == "closed")
        if closed and settled & vals.keys() and not self.env.su:
            raise UserError(self.env._("The review is closed: its figures stay."))
        result = super().write(vals)
        if looked_at & vals.keys():
            self._count()
        return result

    # ------------------------------------------------------------------ actions
    def action_count(self):
        """Count again, with what has gone on since."""
        self.check_access("read")
        self.filtered(lambda one: one.state == "open")._count()

    def action_close(self):
        """Keep the figures as they are, with what was learnt."""
        self.check_access("write")
        for process in self:
            if process.state != "open":
                raise UserError(self.env._("The review is closed: its figures stay."))
            if not (process.lesson or "").strip():
                raise UserError(
                    self.env._(
                        "Write down what was learnt before you close the review."
                    )
                )
        self._count()
        self.sudo().state = "closed"

    def action_open_passages(self):
        """The stays that were counted."""
        self.ensure_one()
        before, after = self._get_windows()
        start = self.company_id._get_value_day_start
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_complaints.crm_complaint_passage_action"
        )
        domain = [
            ("company_id", "=", self.company_id.id),
            ("complaint_id.exclusion", "=", False),
            ("entered_at", ">=", start((before or after)[0])),
            ("entered_at", "<", start(after[1])),
        ]
        for name in ("team_id", "type"):
            if self[name]:
                value = self[name].id if name == "team_id" else self[name]
                domain.append((name, "=", value))
        return action | {"domain": domain, "context": {}}

    # ----------------------------------------------------------------- counting
    def _count(self):
        """Write the rows of these reviews anew."""
        steps = self.env["crm.complaint.process.step"].sudo()
        for process in self.sudo():
            before, after = process._get_windows()
            measured = {
                "before": process._measure(before) if before else {},
                "after": process._measure(after),
            }
            rows = process._prepare_rows(measured)
            process.step_ids.unlink()
            steps.create(rows)
            most = max(
                (row for row in rows if row["stage_id"] and row["share"]),
                key=lambda row: row["share"],
                default={"stage_id": False},
            )
            process.write(
                {
                    "bottleneck_id": most["stage_id"],
                    "counted_at": fields.Datetime.now(),
                }
            )

    def _measure(self, window):
        """The stays that began in these days, by step; False: the whole way.

        :return: dict id of the step → (hours of each finished stay, all hours, hours of
            waiting, number of stays, of those that were returns, of those not over)
        """
        self.ensure_one()
        start, stop = (self.company_id._get_value_day_start(day) for day in window)
        self.env["crm.complaint.passage"].flush_model()
        self.env["crm.complaint"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT passage.stage_id,
                       ARRAY_AGG(passage.hours) FILTER (WHERE left_at IS NOT NULL),
                       SUM(passage.hours), SUM(passage.waiting_hours), COUNT(*),
                       COUNT(*) FILTER (WHERE passage.is_return),
                       COUNT(*) FILTER (WHERE left_at IS NULL)
                  FROM crm_complaint_passage passage
                  JOIN crm_complaint request ON request.id = passage.complaint_id
                 WHERE passage.entered_at >= %(start)s AND passage.entered_at < %(stop)s
                   AND %(which)s
                 GROUP BY passage.stage_id
                 UNION ALL
                SELECT NULL,
                       ARRAY_AGG(ROUND(EXTRACT(EPOCH FROM GREATEST(
                           request.closed_at - request.received_at, INTERVAL '0'))
                           / 3600, 2)) FILTER (WHERE request.closed_at IS NOT NULL),
                       SUM(ROUND(EXTRACT(EPOCH FROM GREATEST(
                           request.closed_at - request.received_at, INTERVAL '0'))
                           / 3600, 2)),
                       SUM(request.waited_seconds / 3600.0)
                           FILTER (WHERE request.closed_at IS NOT NULL),
                       COUNT(*), 0,
                       COUNT(*) FILTER (WHERE request.closed_at IS NULL)
                  FROM crm_complaint request
                 WHERE request.received_at >= %(start)s
                   AND request.received_at < %(stop)s AND %(which)s
                """,
                start=start,
                stop=stop,
                which=SQL(
                    """
                    request.company_id = %s AND request.exclusion IS NULL
                    AND (%s::int IS NULL OR request.team_id = %s)
                    AND (%s::varchar IS NULL OR request.type = %s)
                    """,
                    self.company_id.id,
                    self.team_id.id or None,
                    self.team_id.id or None,
                    self.type or None,
                    self.type or None,
                ),
            )
        )
        return {
            row[0] or False: (
                [float(hours) for hours in row[1] or ()],
                float(row[2] or 0),
                float(row[3] or 0),
                *row[4:],
            )
            for row in rows
        }

    def _prepare_rows(self, measured):
        """Values of the rows: the steps in their order, then the whole way."""
        self.ensure_one()
        stages = self.env["crm.complaint.stage"].search([("is_closed", "=", False)])
        nothing = ([], 0.0, 0.0, 0, 0, 0)
        before, after = measured["before"], measured["after"]
        total = sum(figures[1] for stage, figures in after.items() if stage)
        rows = []
        for place, stage in enumerate([*stages.ids, False]):
            old, new = before.get(stage, nothing), after.get(stage, nothing)
            rows.append(
                {
                    "process_id": self.id,
                    "stage_id": stage,
                    "sequence": place,
                    "share": 100 * new[1] / total if stage and total else 0,
                    "running": new[5],
                    **self._prepare_side("before", old),
                    **self._prepare_side("after", new),
                    "chance": 1,
                    "verdict": False,
                }
            )
        if self.change_date:
            self._judge(rows, before, after)
        return rows

    @api.model
    def _prepare_side(self, side, figures):
        hours, total, waiting, count, returns, _running = figures
        return {
            f"{side}_count": count,
            f"{side}_median": ranks.median(hours) or 0,
            f"{side}_waiting": 100 * waiting / total if total else 0,
            f"{side}_returns": 100 * returns / count if count else 0,
        }

    def _judge(self, rows, before, after):
        """Say of each row whether it became faster, and not by chance.

        Several rows are looked at, so chance gets several tries: Benjamini and Hochberg.
        """
        tested = []
        for row in rows:
            old, new = before.get(row["stage_id"]), after.get(row["stage_id"])
            row["verdict"] = "too_early"
            if not (old and new):
                continue
            if (
                min(len(old[0]), len(new[0])) < ranks.ENOUGH
                or new[5] > RUNNING * new[3]
            ):
                continue
            row["chance"] = ranks.chance(old[0], new[0])
            tested.append(row)
        shown = discoveries([row["chance"] for row in tested], LEVEL)
        for place, row in enumerate(tested):
            faster = row["after_median"] <= row["before_median"]
            row["verdict"] = "not_shown"
            if place in shown:
                row["verdict"] = "faster" if faster else "slower"
