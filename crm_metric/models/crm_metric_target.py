from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, date_utils, float_compare

from odoo.addons.crm_value_tiering.models.crm_limits_mixin import MAX_AMOUNT

# Other programs read targets, not what people write about them.
USER_GROUP = "crm_value_tiering.group_value_user"
# Within this share of what is expected, a target is on track; its ends are within.
TOLERANCE = 0.05


class CrmMetricTarget(models.Model):
    """What a metric should reach in some months, and whether it does.

    A sum (new customers, revenue) should be reached by the end of the period: while it
    is running, the passed share of its days is expected. A stock or a rate should
    be reached all the time.
    """

    _name = "crm.metric.target"
    _description = "Metric Target"
    _inherit = ["crm.company.mixin", "crm.effective.mixin"]
    _order = "date_from desc, metric_id, id"
    _of_main_company = True
    _rec_name = "metric_id"

    metric_id = fields.Many2one(
        "crm.metric", required=True, index=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    team_id = fields.Many2one(
        "crm.team",
        string="Sales Team",
        # a team of a branch, too: its figures are those of the main company
        domain="['|', ('company_id', '=', False), ('company_id', 'child_of', company_id)]",
        index="btree_not_null",
        ondelete="restrict",
        help="Empty: all teams together.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Salesperson",
        domain=[("share", "=", False)],
        index="btree_not_null",
        ondelete="restrict",
        help="Empty: all salespeople together.",
    )
    tier_id = fields.Many2one(
        "crm.value.tier",
        index="btree_not_null",
        ondelete="restrict",
        help="Empty: all tiers together.",
    )
    tier_color = fields.Integer(related="tier_id.color")
    date_from = fields.Date(
        default=lambda self: date_utils.start_of(
            fields.Date.context_today(self), "month"
        ),
        help="First day of the first month.",
    )
    date_to = fields.Date(
        default=lambda self: fields.Date.add(
            date_utils.start_of(fields.Date.context_today(self), "month"), months=1
        ),
        help="First day of the month after the last one: 1 January for a target of the "
        "whole year. Empty (for a stock or a rate only): no end.",
    )
    target = fields.Float(
        required=True,
        digits=(20, 2),
        aggregator=None,
        limits=(0, MAX_AMOUNT),
        help="In the unit of the metric: 45 for 45 %. Of a sum: for the whole period.",
    )
    starts_plan = fields.Boolean(
        string="Improvement Plan When Missed",
        default=True,
        help="When a month is over and the target is behind, an improvement plan is "
        "started for whoever leads the team, once as long as it is open.",
    )
    plan_count = fields.Integer(compute="_compute_plan_count", groups=USER_GROUP)
    unit = fields.Selection(related="metric_id.unit")
    higher_is_better = fields.Boolean(related="metric_id.higher_is_better")
    description = fields.Text(related="metric_id.description")
    actual = fields.Float(compute="_compute_status", digits=(20, 2), aggregator=None)
    expected = fields.Float(
        compute="_compute_status",
        digits=(20, 2),
        aggregator=None,
        help="What should have been reached by today.",
    )
    status = fields.Selection(
        [
            ("ahead", "Ahead"),
            ("on_track", "On Track"),
            ("behind", "Behind"),
            ("unknown", "No Figures Yet"),
        ],
        compute="_compute_status",
        search="_search_status",
        help="On track: within 5 % of what is expected by today, 95 % and 105 % included.",
    )
    target_text = fields.Char(string="Goal", compute="_compute_texts")
    actual_text = fields.Char(string="Reached", compute="_compute_texts")
    expected_text = fields.Char(string="Expected by Today", compute="_compute_texts")
    progress = fields.Float(
        string="Progress (%)",
        compute="_compute_status",
        help="What is reached, in percent of the goal.",
        aggregator=None,
    )

    _target_positive = models.Constraint(
        "CHECK (target > 0)", "Enter a target of more than zero."
    )

    @api.depends(
        "metric_id", "company_id", "team_id", "user_id", "tier_id", "date_from",
        "date_to", "target",
    )  # fmt: skip
    def _compute_status(self):
        actuals = self._get_actuals()
        for target in self:
            actual = actuals.get(target._origin.id)
            target.expected = target._get_expected()
            target.actual = actual or 0
            target.progress = (
                100 * target.actual / target.target if target.target else 0
            )
            target.status = target._get_status(actual, target.expected)

    def _compute_plan_count(self):
        plans = self.env["crm.metric.plan"]
        found = plans._read_group(
            [("target_id", "in", self.ids)], ["target_id"], ["__count"]
        )
        counts = {target.id: count for target, count in found}
        for target in self:
            target.plan_count = counts.get(target._origin.id, 0)

    @api.depends("actual", "expected", "target", "unit", "status")
    @api.depends_context("lang")
    def _compute_texts(self):
        form = self.env["crm.metric.fact"]._format_value
        for target in self:
            unit, currency = target.unit, target.currency_id
            target.target_text = form(target.target, unit, currency)
            known = target.status != "unknown"
            target.actual_text = known and form(target.actual, unit, currency)
            target.expected_text = known and form(target.expected, unit, currency)

    def _search_status(self, operator, value):
        if operator != "in":
            return NotImplemented
        # Targets are few, and what they came to is one query for all.
        targets = self.search([("target", ">", 0)]).filtered(
            lambda target: target.status in value
        )
        return [("id", "in", targets.ids)]

    @api.constrains("date_from", "date_to")
    def _check_months(self):
        for target in self:
            days = [day for day in (target.date_from, target.date_to) if day]
            if any(day.day != 1 for day in days):
                raise ValidationError(
                    self.env._(
                        "Metrics are measured by month: a target begins and ends on "
                        "the first day of a month."
                    )
                )

    @api.constrains("user_id", "company_id")
    def _check_user(self):
        for target in self:
            user = target.user_id.sudo()
            if user.share or (
                user and target.company_id not in user.company_ids._get_value_root()
            ):
                raise ValidationError(
                    self.env._(
                        "A target is for an internal user who works in the company or "
                        "in a branch of it."
                    )
                )

    @api.constrains("team_id", "company_id")
    def _check_team(self):
        for target in self:
            company = target.sudo().team_id.company_id
            if company and company._get_value_root() != target.company_id:
                # of a team that the user may not even know
                raise ValidationError(
                    self.env._(
                        "This is a team of another company: its figures are there."
                    )
                )

    @api.constrains("metric_id", "date_to")
    def _check_end(self):
        for target in self:
            if target.metric_id.aggregation == "sum" and not target.date_to:
                raise ValidationError(
                    self.env._(
                        "“%(metric)s” adds up over time: enter the date by which the "
                        "target should be reached.",
                        metric=target.metric_id.display_name,
                    )
                )

    def action_open_facts(self):
        """Open the figures that the target is compared with."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_metric.crm_metric_fact_action"
        )
        domain = [
            ("metric_id", "=", self.metric_id.id),
            ("company_id", "=", self.company_id.id),
            ("date", ">=", self.date_from),
        ]
        if self.date_to:
            domain.append(("date", "<", self.date_to))
        for name in ("team_id", "user_id", "tier_id"):
            if self[name]:
                domain.append((name, "=", self[name].id))
        return action | {"domain": domain, "context": {}}

    # ------------------------------------------------------------------ business
    def _get_actuals(self, until=None):
        """The metric's value so far, by id of the target: one query for all.

        Users who may see a target may see the result, so no rule of the figures is
        applied: the rules of targets are the same ones.

        :param until: first day of the first month that does not count; default: all
            months of the target count
        """
        self.flush_model()
        spans = SQL(
            "SELECT id, id, date_from, LEAST(date_to, %s) FROM crm_metric_target"
            " WHERE id = ANY(%s)",
            until,
            self._origin.ids,
        )
        return {key: value for key, (value, _months) in self._sum_up(spans).items()}

    @api.model
    def _sum_up(self, spans):
        """What metrics came to, of whom targets are, over spans of months.

        Without a row of the target's team, person or tier a sum or a stock is zero in the
        months that were measured, those of which the company has a figure; a ratio has
        nothing to divide.

        :param spans: SQL for rows key, id of the target, first day of the first month,
            first day of the month after the last one or NULL
        :return: dict key → (value, number of months measured); without a figure no key
        """
        facts = self.env["crm.metric.fact"]
        facts.flush_model()
        query = SQL(
            """
            SELECT span.key, %(total)s, COUNT(DISTINCT fact.date)
              FROM (%(spans)s) span (key, target_id, date_from, date_to)
              JOIN crm_metric_target target ON target.id = span.target_id
              JOIN crm_metric metric ON metric.id = target.metric_id
              JOIN crm_metric_fact fact ON fact.metric_id = target.metric_id
               AND fact.company_id = target.company_id
               AND fact.date >= span.date_from
               AND (span.date_to IS NULL OR fact.date < span.date_to)
              CROSS JOIN LATERAL (
                   SELECT (target.team_id IS NULL OR fact.team_id = target.team_id)
                      AND (target.user_id IS NULL OR fact.user_id = target.user_id)
                      AND (target.tier_id IS NULL OR fact.tier_id = target.tier_id)
                          AS is_meant) whose
             WHERE metric.aggregation <> 'ratio' OR whose.is_meant
             GROUP BY span.key
            """,
            total=facts._get_total_sql(
                SQL("CASE WHEN whose.is_meant THEN fact.numerator ELSE 0 END"),
                SQL("fact.denominator"),
                SQL("fact.date"),
                SQL("metric.aggregation"),
                SQL("metric.unit"),
            ),
            spans=spans,
        )
        return {
            key: (float(value), months)
            for key, value, months in self.env.execute_query(query)
            if value is not None
        }

    def _get_expected(self, day=None):
        """What should be reached by a day: of a sum, by the days that have passed.

        :param day: local day of the company; default: today
        """
        self.ensure_one()
        if self.metric_id.aggregation != "sum" or not (self.date_from and self.date_to):
            return self.target
        if not day and self.company_id:
            day = self.company_id._get_value_today()
        if not day or day >= self.date_to:
            return self.target
        passed = max((day - self.date_from).days + 1, 0)
        return self.target * passed / (self.date_to - self.date_from).days

    def _get_status(self, actual, expected):
        """:param actual: None when there is no figure yet"""
        self.ensure_one()
        if actual is None or not expected:
            return "unknown"
        lead = actual / expected - 1
        if not self.higher_is_better:
            lead = -lead
        # 95.0 of 100 is 5 % short, not 5.000000000000004 %
        if float_compare(abs(lead), TOLERANCE, precision_digits=9) <= 0:
            return "on_track"
        return "ahead" if lead > 0 else "behind"
