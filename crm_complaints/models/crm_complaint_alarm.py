from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from odoo.addons.crm_value_tiering.models.crm_limits_mixin import (
    MAX_AMOUNT,
    MAX_DATE,
    MIN_DATE,
)

from ..stats import surveillance
from .crm_complaint import MANAGER_GROUP
from .crm_complaint_survey import LOW_MARK

QUESTIONS = ("question", "problem")
# What is watched, narrow before wide → the field that names it.
SUBJECTS = {
    "product": "product_id",
    "cause": "cause_id",
    "region": "region_id",
    "team": "team_id",
    "question": "product_id",
    "refund": "product_id",
    "mark": "team_id",
}
MAX_COUNT = 2**31 - 1  # what the column takes
CHART_WEEKS, TABLE_WEEKS = 13, 5


class CrmComplaintAlarm(models.Model):
    """More complaints than are normal, and what is done about it.

    ``crm_complaint_alarm_watch`` looks each night at the weeks that are over. As long as
    somebody deals with an alarm, the next weeks of the same series are added to it.
    """

    _name = "crm.complaint.alarm"
    _inherit = [
        "crm.company.mixin",
        "crm.limits.mixin",
        "crm.kept.mixin",
        "crm.conversation.mixin",
        "crm.explanation.mixin",
        "mail.thread",
    ]
    _description = "Early Warning"
    _order = "week desc, chance, id"
    _erasable_texts = ("reason",)
    _erasing_group = MANAGER_GROUP
    _kept = (
        "dimension", "series", "product_id", "cause_id", "team_id", "region_id", "week",
        "weeks", "count", "exposure", "expected", "chance", "limit", "state", "capa_id",
        "first_week",
    )  # fmt: skip

    dimension = fields.Selection(
        [
            ("product", "Complaints about a Product"),
            ("cause", "Complaints about a Cause"),
            ("team", "Complaints to a Team"),
            ("region", "Complaints from a Region"),
            ("question", "Questions about a Product"),
            ("refund", "Credit Notes for a Product"),
            ("mark", "Low Marks for a Team"),
        ],
        string="Watched",
        required=True,
        readonly=True,
        index=True,
        help="Questions, credit notes and low marks rise before the complaints do.",
    )
    series = fields.Char(
        required=True,
        readonly=True,
        help="What is watched: the kind and the number of its record.",
    )
    product_id = fields.Many2one(
        "product.product", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    cause_id = fields.Many2one(
        "crm.complaint.cause",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    team_id = fields.Many2one(
        "crm.complaint.team",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    region_id = fields.Many2one(
        "res.country.state",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        help="State or province of the customers.",
    )
    first_week = fields.Date(
        string="Since the Week Of",
        required=True,
        readonly=True,
        limits=(MIN_DATE, MAX_DATE),
    )
    week = fields.Date(
        string="Week Of",
        required=True,
        readonly=True,
        index=True,
        limits=(MIN_DATE, MAX_DATE),
        help="Monday of the last week that was more than normal.",
    )
    weeks = fields.Integer(
        readonly=True,
        limits=(1, 2),
        help="Of how many weeks the complaints are: of one, or of two together.",
    )
    count = fields.Integer(string="Number", readonly=True, limits=(0, MAX_COUNT))
    exposure = fields.Integer(
        string="Out Of",
        readonly=True,
        limits=(0, MAX_COUNT),
        help="Confirmed orders of the same time: more orders, more complaints. Of low "
        "marks: all marks.",
    )
    expected = fields.Float(
        readonly=True,
        digits=(16, 1),
        limits=(0, MAX_AMOUNT),
        aggregator=None,
        help="How many were to be expected from so many orders, or marks.",
    )
    limit = fields.Integer(
        string="Alarm From",
        readonly=True,
        limits=(0, MAX_COUNT),
        aggregator=None,
        help="The smallest number that comes by chance once in a thousand weeks.",
    )
    chance = fields.Float(
        string="By Chance",
        readonly=True,
        digits=(12, 10),
        limits=(0, 1),
        aggregator=None,
        help="How often so many or more would come although nothing has changed.",
    )
    state = fields.Selection(
        [
            ("open", "New"),
            ("handled", "Being Handled"),
            ("snoozed", "Snoozed"),
            ("closed", "Closed"),
        ],
        required=True,
        readonly=True,
        default="open",
        index=True,
        tracking=True,
        group_expand=True,
    )
    snooze_until = fields.Date(
        tracking=True,
        limits=(MIN_DATE, MAX_DATE),
        help="No alarm about the same until then.",
    )
    reason = fields.Char(help="Why nothing has to be done about it, or not yet.")
    capa_id = fields.Many2one(
        "crm.complaint.capa",
        string="Corrective Action",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )

    _once_per_week = models.Constraint(
        "UNIQUE (company_id, series, week)", "There is an alarm about this already."
    )

    # ----------------------------------------------------------------- computes
    @api.depends("dimension", "product_id", "cause_id", "team_id", "region_id")
    def _compute_display_name(self):
        for alarm in self:
            alarm.display_name = alarm._get_subject().display_name or alarm.series

    def _get_subject(self):
        """The product, cause, team or region that is watched."""
        self.ensure_one()
        return self[SUBJECTS[self.dimension]] if self.dimension else self.browse()

    # ------------------------------------------------------------------ actions
    def action_corrective(self):
        """Begin the one action that belongs to the alarm, or open it."""
        self.ensure_one()
        self.check_access("write")
        if not self.capa_id:
            self.env["crm.complaint.capa"].check_access("create")
            capa = self.env["crm.complaint.capa"].create(self._prepare_capa_vals())
            self.sudo().write({"capa_id": capa.id, "state": "handled"})
            self._end_tasks()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Corrective Action"),
            "res_model": "crm.complaint.capa",
            "res_id": self.capa_id.id,
            "views": [(False, "form")],
        }

    def _prepare_capa_vals(self):
        complaints = self.env["crm.complaint"].browse()
        model, domain = self._get_evidence()
        if model == complaints._name:
            complaints = complaints.search(domain)
        cause = self.cause_id or self._find_cause()
        template = self.env["crm.complaint.capa.template"]._get_for(cause)
        return {
            "company_id": self.company_id.id,
            "cause_id": cause.id,
            "product_id": self.product_id.id,
            "template_id": template.id,
            "complaint_ids": complaints.ids,
        }

    def _find_cause(self):
        """What complaints of the last half year about the same are about most often."""
        since = self.company_id._get_value_day_start(self.week - timedelta(days=182))
        found = self.env["crm.complaint"]._read_group(
            [
                ("company_id", "=", self.company_id.id),
                ("type", "=", "complaint"),
                ("cause_id", "!=", False),
                ("received_at", ">=", since),
                *self._get_subject_domain(),
            ],
            ["cause_id"],
            ["__count"],
            order="__count desc, cause_id",
            limit=1,
        )
        if not found:
            raise UserError(
                self.env._(
                    "No complaint says yet what the cause is. Classify one first, or "
                    "begin an action under “Corrective Actions”."
                )
            )
        return found[0][0]

    def action_snooze(self):
        """Not now: no alarm about the same before the day that was chosen."""
        self._check_settling("open")
        if not all(self.mapped("snooze_until")):
            raise UserError(self.env._("Say until when, please."))
        self._settle("snoozed")

    def action_close(self):
        """Nothing has to be done."""
        self._check_settling("open", "snoozed")
        self._settle("closed")

    def _check_settling(self, *states):
        self.check_access("write")
        if set(self.mapped("state")) - set(states):
            raise UserError(self.env._("Somebody has decided on this alarm already."))
        if not all(self.mapped("reason")):
            raise UserError(self.env._("Say why, please: others will ask."))

    def _settle(self, state):
        self.sudo().state = state
        self._end_tasks()

    def _end_tasks(self):
        self.activity_unlink(["mail.mail_activity_data_todo"])

    def action_open_evidence(self):
        """The records behind the number."""
        self.ensure_one()
        model, domain = self._get_evidence()
        return {
            "type": "ir.actions.act_window",
            "name": self.display_name,
            "res_model": model,
            "views": [(False, "list"), (False, "form")],
            "domain": domain,
        }

    def _get_evidence(self):
        """Model and domain of what was counted."""
        self.ensure_one()
        first = self.week - timedelta(days=7 * (self.weeks - 1))
        end = self.week + timedelta(days=7)
        company = [("company_id", "=", self.company_id.id)]
        if self.dimension == "refund":
            return "account.move", [
                *company,
                ("move_type", "=", "out_refund"),
                ("state", "=", "posted"),
                ("invoice_date", ">=", first),
                ("invoice_date", "<", end),
                ("invoice_line_ids.product_id", "=", self.product_id.id),
            ]
        moment = "marked_at" if self.dimension == "mark" else "received_at"
        return "crm.complaint", [
            *company,
            ("state", "!=", "excluded"),
            (moment, ">=", self.company_id._get_value_day_start(first)),
            (moment, "<", self.company_id._get_value_day_start(end)),
            *self._get_kind_domain(),
            *self._get_subject_domain(),
        ]

    def _get_kind_domain(self):
        if self.dimension == "mark":
            return [
                ("rating_ids.rating", "<=", LOW_MARK),
                ("rating_ids.rating", ">", 0),
            ]
        if self.dimension == "question":
            return [("type", "in", QUESTIONS)]
        return [("type", "=", "complaint")]

    def _get_subject_domain(self):
        subject = self._get_subject()
        if self.dimension == "cause":
            return [("cause_id", "child_of", subject.id)]
        if self.dimension == "region":
            return [("partner_id.state_id", "=", subject.id)]
        return [(SUBJECTS[self.dimension], "=", subject.id)]

    def _say_what(self):
        """What is counted, and out of what, in the user's language."""
        orders = self.env._("orders")
        return {
            "question": (self.env._("questions and problem reports"), orders),
            "refund": (self.env._("credit notes"), orders),
            "mark": (self.env._("low marks"), self.env._("marks")),
        }.get(self.dimension, (self.env._("complaints"), orders))

    # -------------------------------------------------------------- explanation
    def _get_explanation(self):
        why = super()._get_explanation()
        what, of = self._say_what()
        values = {
            "count": self.count,
            "what": what,
            "exposure": self.exposure,
            "of": of,
            "expected": self._format_points(self.expected, 1),
            "week": format_date(self.env, self.week),
            "chance": self._format_points(100 * self.chance, 4),
        }
        why["summary"].append(
            self.env._(
                "%(count)s %(what)s in the week of %(week)s and the one before, out of "
                "%(exposure)s %(of)s: %(expected)s were to be expected.",
                **values,
            )
            if self.weeks == 2
            else self.env._(
                "%(count)s %(what)s in the week of %(week)s, out of %(exposure)s %(of)s: "
                "%(expected)s were to be expected.",
                **values,
            )
        )
        why["summary"].append(
            self.env._(
                "So many or more come by chance in %(chance)s %% of weeks in which "
                "nothing has changed.",
                **values,
            )
        )
        why["tables"].append(self._prepare_weeks_table())
        why["notes"] += [
            self.env._(
                "Normal is the rate of the 26 weeks before, without weeks that were "
                "outbreaks themselves; in a season, that of the same weeks of last year."
            ),
            self.env._(
                "Of all that is watched together, at most one quiet week in twenty has a "
                "false alarm."
            ),
            self._say_power(),
        ]
        return why

    def _say_power(self):
        """What cannot be seen, too: few complaints a week say little."""
        weekly = self.expected / (self.weeks or 1)
        return self.env._(
            "Where %(weekly)s a week are normal, three times as many are noticed within "
            "two weeks in about %(power)s %% of cases.",
            weekly=self._format_points(weekly, 1),
            power=round(100 * surveillance.power(weekly, surveillance.OUTLIER)),
        )

    def _prepare_weeks_table(self):
        what, of = self._say_what()
        rows = [
            {
                "week": format_date(self.env, week),
                "count": str(count),
                "orders": str(orders),
            }
            for week, count, orders in self._fetch_weeks(TABLE_WEEKS)
        ]
        return self._prepare_table(
            [
                ("week", self.env._("Week of")),
                ("count", what.capitalize(), "end"),
                ("orders", of.capitalize(), "end"),
            ],
            rows,
        )

    def _get_explanation_charts(self):
        charts = super()._get_explanation_charts()
        points = [
            (format_date(self.env, week, date_format="d MMM"), count, str(count))
            for week, count, _orders in self._fetch_weeks(CHART_WEEKS)
        ]
        charts.append(self._prepare_chart(self._get_label("dimension"), points))
        return charts
