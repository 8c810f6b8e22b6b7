from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, formatLang

# The horizon that is proposed; with a short history a third of it.
HORIZON_DAYS = 180
HISTORY_PER_HORIZON = 3
# With fewer who bought, or fewer who did not, the figures would be chance.
MIN_OUTCOMES = 20
# Figures nearer than this count as alike.
ALIKE = 0.01


class CrmValueHoldout(models.Model):
    """How accurate the forecast would have been, on the company's own past."""

    _name = "crm.value.holdout"
    _inherit = "crm.company.mixin"
    _description = "Forecast Accuracy"
    _order = "id desc"
    _of_main_company = True
    _rec_name = "calibrate_until"

    company_id = fields.Many2one(readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    policy_id = fields.Many2one(
        "crm.value.policy",
        string="Value Model",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    calibrate_until = fields.Date(
        string="Known Until",
        required=True,
        readonly=True,
        help="Last day whose purchases the forecast may use.",
    )
    until = fields.Date(
        string="Compared Until",
        required=True,
        readonly=True,
        help="Last day of the purchases it is compared with.",
    )
    horizon_days = fields.Integer(
        string="Days Ahead", compute="_compute_horizon_days", store=True
    )
    state = fields.Selection(
        [("done", "Measured"), ("thin", "Too little data")],
        required=True,
        readonly=True,
    )
    customer_count = fields.Integer(
        string="Customers",
        readonly=True,
        help="Customers with a purchase up to the last known day.",
    )
    figures = fields.Json(
        readonly=True,
        help="customers, buyers, spend; forecast (fitted or rule), repeaters; area, "
        "captured (by forecast, recency, revenue); bins, expected, error.",
    )
    area_forecast = fields.Float(
        string="Ranking",
        compute="_compute_areas",
        digits=(4, 3),
        help="How well the forecast ranks who buys again: 0.5 is a coin, 1 is perfect.",
    )
    area_recency = fields.Float(
        string="Ranking by Recency",
        compute="_compute_areas",
        digits=(4, 3),
        help="The same for the time since the last purchase alone.",
    )
    summary_html = fields.Html(compute="_compute_summary_html", sanitize=False)

    @api.depends("calibrate_until", "until")
    def _compute_horizon_days(self):
        for holdout in self:
            holdout.horizon_days = (holdout.until - holdout.calibrate_until).days

    @api.depends("figures", "state")
    def _compute_areas(self):
        for holdout in self:
            area = holdout.figures["area"] if holdout.state == "done" else {}
            holdout.area_forecast = area.get("forecast", 0)
            holdout.area_recency = area.get("recency", 0)

    @api.depends("calibrate_until", "company_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for holdout in self:
            holdout.display_name = self.env._(
                "%(company)s, known until %(date)s",
                company=holdout.sudo().company_id.name,
                date=format_date(self.env, holdout.calibrate_until),
            )

    @api.depends("figures", "state")
    @api.depends_context("lang")
    def _compute_summary_html(self):
        for holdout in self:
            holdout.summary_html = self.env["ir.qweb"]._render(
                "crm_value_tiering.value_holdout_summary", holdout._get_summary()
            )

    # ------------------------------------------------------------------- words
    def _get_summary(self):
        """Values for the template: sentences, comparisons, tenths."""
        self.ensure_one()
        if self.state == "thin":
            return {"sentences": [self._get_thin_sentence()], "rows": [], "bins": []}
        figures = self.figures
        return {
            "sentences": self._get_verdict(),
            "rows": [
                {
                    "name": name,
                    "area": self._format(figures["area"][key])
                    if key in figures["area"]
                    else "–",
                    "captured": self._format_share(figures["captured"][key]),
                }
                for key, name in (
                    ("forecast", self.env._("Forecast")),
                    ("recency", self.env._("Last purchase alone")),
                    ("revenue", self.env._("Last year's revenue alone")),
                )
            ],
            "bins": [
                {
                    "customers": row["customers"],
                    "predicted": self._format_share(row["predicted"]),
                    "observed": self._format_share(row["observed"]),
                }
                for row in figures["bins"]
            ],
        }

    def _get_thin_sentence(self):
        figures = self.figures
        values = {
            "customers": figures["customers"],
            "buyers": figures["buyers"],
            "repeaters": figures["repeaters"],
            "minimum": MIN_OUTCOMES,
            "date": format_date(self.env, self.calibrate_until),
            "until": format_date(self.env, self.until),
        }
        if figures["forecast"] != "fitted":
            return self.env._(
                "Too little data to measure: up to %(date)s only %(repeaters)s customers "
                "had bought twice, and the forecast could not be fitted. Choose a later "
                "day, or wait.",
                **values,
            )
        return self.env._(
            "Too little data to measure: of %(customers)s customers known on %(date)s, "
            "%(buyers)s bought again until %(until)s. At least %(minimum)s who did and "
            "%(minimum)s who did not are needed. Choose other days, or wait.",
            **values,
        )

    def _get_verdict(self):
        """Sentences that say what the figures mean, good or bad."""
        figures = self.figures
        sentences = [
            self.env._(
                "Of %(customers)s customers known on %(date)s, %(buyers)s bought again "
                "until %(until)s; the forecast expected %(expected)s. By tenth of the "
                "customers it is off by %(error)s on average.",
                customers=figures["customers"],
                date=format_date(self.env, self.calibrate_until),
                buyers=figures["buyers"],
                until=format_date(self.env, self.until),
                expected=round(figures["expected"]),
                error=self._format_share(figures["error"]),
            )
        ]
        sentences.append(self._get_ranking_sentence(figures["area"]))
        sentences.append(self._get_spend_sentence(figures["captured"]))
        return sentences

    @api.model
    def _get_ranking_sentence(self, area):
        values = {
            "forecast": self._format(area["forecast"]),
            "recency": self._format(area["recency"]),
        }
        lead = area["forecast"] - area["recency"]
        if lead > ALIKE:
            return self.env._(
                "It ranks who will buy again better than the day of the last purchase "
                "alone: %(forecast)s against %(recency)s (0.5 is a coin, 1 is perfect).",
                **values,
            )
        if lead < -ALIKE:
            return self.env._(
                "It ranks who will buy again less well than the day of the last purchase "
                "alone: %(forecast)s against %(recency)s (0.5 is a coin, 1 is perfect). "
                "To choose whom to contact, go by recency.",
                **values,
            )
        return self.env._(
            "It ranks who will buy again about as well as the day of the last purchase "
            "alone: %(forecast)s against %(recency)s (0.5 is a coin, 1 is perfect).",
            **values,
        )

    @api.model
    def _get_spend_sentence(self, captured):
        values = {name: self._format_share(share) for name, share in captured.items()}
        lead = captured["forecast"] - max(captured["recency"], captured["revenue"])
        if lead > ALIKE:
            return self.env._(
                "The fifth with the highest predicted lifetime value spent %(forecast)s "
                "of what was spent afterwards: more than the fifth that bought last "
                "(%(recency)s) and the fifth with the highest revenue of the last year "
                "(%(revenue)s).",
                **values,
            )
        if lead < -ALIKE:
            return self.env._(
                "The fifth with the highest predicted lifetime value spent %(forecast)s "
                "of what was spent afterwards: less than a simple rule finds. The fifth "
                "that bought last spent %(recency)s, the fifth with the highest revenue "
                "of the last year %(revenue)s.",
                **values,
            )
        return self.env._(
            "The fifth with the highest predicted lifetime value spent %(forecast)s of "
            "what was spent afterwards: about as much as the better of two simple "
            "rules. The fifth that bought last spent %(recency)s, the fifth with the "
            "highest revenue of the last year %(revenue)s.",
            **values,
        )

    @api.model
    def _format(self, number):
        return formatLang(self.env, number, digits=3)

    @api.model
    def _format_share(self, number):
        return self.env["crm.explanation.mixin"]._format_rate(100 * number, digits=1)

    # ---------------------------------------------------------------- business
    @api.model
    def _get_proposed_days(self, company, policy):
        """(last known day, last compared day) that suit the history, or None.

        Compared is up to the last purchase: an imported history may end long ago.
        """
        first, last = self.env["crm.value.engine"]._get_purchase_span(company, policy)
        history = (last - first).days if last else 0
        horizon = min(HORIZON_DAYS, history // HISTORY_PER_HORIZON)
        return (last - timedelta(days=horizon), last) if horizon else None

    @api.model
    def _check(self, company, policy, calibrate_until, until):
        """Measure and keep the result. The caller has the right to do so.

        :raise UserError: when the days do not follow each other
        """
        today = company._get_value_today()
        if not calibrate_until < until <= today:
            raise UserError(
                self.env._(
                    "The last known day must come before the last compared day, and that "
                    "one must not be after %(today)s.",
                    today=format_date(self.env, today),
                )
            )
        figures = self.env["crm.value.engine"]._check_holdout(
            company, policy, calibrate_until, until
        )
        others = figures["customers"] - figures["buyers"]
        enough = (
            figures["forecast"] == "fitted"
            and min(figures["buyers"], others) >= MIN_OUTCOMES
            and float(figures["spend"]) > 0
        )
        return (
            self.sudo()
            .create(
                {
                    "company_id": company.id,
                    "policy_id": policy.id,
                    "calibrate_until": calibrate_until,
                    "until": until,
                    "state": "done" if enough else "thin",
                    "customer_count": figures["customers"],
                    "figures": figures,
                }
            )
            .sudo(self.env.su)
        )
