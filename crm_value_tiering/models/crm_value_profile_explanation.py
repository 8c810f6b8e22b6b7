from datetime import date
from types import SimpleNamespace

from odoo import models
from odoo.tools import format_date, format_list

from .crm_value_engine_forecast import RETENTION_RULE

EPOCH = date(1970, 1, 1)
# Share of the others whom somebody is ahead of who is level with one, or behind one.
NEARLY_ALL = 0.999


class ExplainingRuns(dict):
    """What the runs say that explain many profiles: one for all of a day.

    In the context as ``crm_value_runs`` while many are explained, since each look at a
    run's JSON is a deep copy. A remote caller cannot send an instance.
    """


class CrmValueProfile(models.Model):
    """The parts of the explanation of a profile, and of its card."""

    _inherit = "crm.value.profile"  # pylint: disable=consider-merging-classes-inherited

    def _get_explanation(self):
        why = super()._get_explanation()
        run = self._get_explaining_run()
        if self.data_state == "no_purchase" or not run:
            if self.override_id:
                why["summary"].append(self._get_override_sentence())
            why["summary"].append(
                self.env._(
                    "No purchase up to %(date)s: there is nothing to measure yet. "
                    "Refunds and down payments do not count, nor does what was returned; "
                    "free orders do if the settings say so.",
                    date=format_date(self.env, self.as_of),
                )
            )
            return why
        why["summary"] += self._get_summary_sentences(run)
        why["tables"].append(self._get_dimension_table(run))
        why["values"] += self._get_value_parts(run)
        why["notes"] += self._get_notes(run)
        return why

    def _compute_explanation_html(self):
        profiles = self._with_runs(ExplainingRuns())
        return super(CrmValueProfile, profiles)._compute_explanation_html()

    def _with_runs(self, runs):
        """These profiles, to be explained together with others that share ``runs``."""
        return self.with_context(crm_value_runs=runs)

    def _get_explaining_run(self):
        """What the last finished run of the company says: all its profiles agree with it.

        ``run_id`` may be an earlier one, with the same result for this customer but
        with other scales. It is read as superuser: who sees their own customers only does
        not see the run, which counts everybody's.

        :return: object with ``parameters``, ``calibration``, ``fit`` and ``counts`` of
            the run, or None
        """
        runs = self.env.context.get("crm_value_runs")
        if not isinstance(runs, ExplainingRuns):
            runs = ExplainingRuns()
        key = (self.company_id.id, self.as_of)
        if key not in runs:
            run = self._find_explaining_run()
            runs[key] = run and SimpleNamespace(
                parameters=run.parameters,
                calibration=run.calibration,
                fit=run.fit,
                counts=run.counts,
            )
        return runs[key] or None

    def _find_explaining_run(self):
        runs = self.env["crm.value.run"].sudo()
        return runs.search(
            [
                ("company_id", "=", self.company_id.id),
                ("state", "=", "done"),
                ("as_of", "=", self.as_of),
            ],
            order="id desc",
            limit=1,
        )

    def _get_value_parts(self, run):
        return [
            {
                "label": self._fields["clv_simple"]._description_string(self.env),
                "amount": self._format_money(self.clv_simple),
                "formula": self._get_simple_formula(),
            },
            {
                "label": self._fields["clv_predictive"]._description_string(self.env),
                "amount": self._format_money(self.clv_predictive),
                "formula": self._get_predictive_formula(run),
            },
        ]

    def _get_simple_formula(self):
        revenue = max(self.revenue_year, 0)
        return self.env._(
            "%(revenue)s revenue in the last 365 days × %(buy)s probability of a "
            "purchase within a year",
            revenue=self._format_money(revenue),
            buy=self._format_rate(
                *self._get_factor(
                    self.clv_simple, revenue / 100, 100 * self.p_buy_year, digits=0
                )
            ),
        )

    def _get_predictive_formula(self, run):
        margin, margin_text = self._round_rate(run.parameters["margin_rate"])
        values = {
            "margin": margin_text,
            "years": run.parameters["horizon_years"],
            "discount": self._round_rate(run.parameters["discount_rate"])[1],
        }
        if run.fit["purchases"]["method"] == "rule":
            revenue = max(self.revenue_year, 0)
            return self.env._(
                "%(revenue)s revenue in the last 365 days × %(margin)s margin × "
                "%(factor)s. The factor adds up the years of the horizon (%(years)s): "
                "in each one the customer stays with a probability of %(buy)s, by the "
                "rule of thumb, and an amount counts for less the later it comes "
                "(%(discount)s discount per year).",
                **values,
                revenue=self._format_money(revenue),
                factor=self._format_points(
                    *self._get_factor(self.clv_predictive, revenue * margin / 100, 0)
                ),
                buy=self._format_percent(self.p_buy_year),
            )
        spend = self.expected_spend
        formula = self.env._(
            "%(purchases)s purchases × %(spend)s per purchase × %(margin)s margin. The "
            "purchases are those to expect within the horizon (years: %(years)s), "
            "%(first)s in the first year; each counts for less the later it comes "
            "(%(discount)s discount per year).",
            **values,
            purchases=self._format_points(
                *self._get_factor(
                    self.clv_predictive, spend * margin / 100, self.expected_purchases
                )
            ),
            first=self._format_points(self.expected_purchases, 2),
            spend=self._format_money(spend),
        )
        if run.fit["spend"]["method"] == "rule":
            return formula
        amount = self.env._(
            "The amount is the mean of the customer's purchases, less returns, drawn "
            "towards the mean of all customers: the fewer purchases, the more."
        )
        return f"{formula} {amount}"

    def _round_rate(self, percent):
        """A setting in percent with as many decimals as it has, four at most; as text,
        too."""
        digits = next(d for d in range(5) if d == 4 or percent == round(percent, d))
        return round(percent, digits), self._format_rate(percent, digits)

    def _get_factor(self, result, others, otherwise, digits=2):
        """The factor that, times ``others``, gives the amount ``result``, and the decimals
        that it takes for whoever repeats it by hand.

        :param otherwise: the factor where the others are 0, and any would do
        :param digits: decimals that are shown in any case
        """
        factor = result / others if others else otherwise
        half = 10**-self.currency_id.decimal_places / 2
        while digits < 12 and abs(round(factor, digits) * others - result) >= half:
            digits += 1
        return factor, digits

    def _get_dimension_table(self, run):
        """The dimensions, one per row; their points add up to the value score."""
        rows = [
            {
                "label": part["label"],
                "measure": "\n".join(
                    filter(None, (part["measure"], part["comparison"]))
                ),
                "score": part["score"]
                and self.env._("%(score)s of 5", score=part["score"]),
                "points": part["points"]
                and self.env._(
                    "%(points)s of %(weight)s",
                    points=part["points"],
                    weight=part["weight"],
                ),
            }
            for part in self._get_dimension_parts(run)
        ]
        total = None
        if any(row["score"] for row in rows):
            score = self._format_points(self.value_score, 2)
            total = {
                "label": self._fields["value_score"]._description_string(self.env),
                "points": self.env._(
                    "%(points)s of %(weight)s", points=score, weight=100
                ),
            }
        return self._prepare_table(
            [
                ("label", self.env._("What counts")),
                ("measure", self.env._("What we saw")),
                ("score", self.env._("Score"), "center"),
                ("points", self.env._("Points"), "end"),
            ],
            rows,
            total=total,
        )

    def _get_dimension_parts(self, run):
        """The dimensions of the value score, in words and points.

        :return: list of dicts ``code``, ``label``, ``measure`` (what was measured),
            ``comparison`` (where that is among all customers), ``score`` (1 to 5),
            ``points`` (what it adds to the value score) and ``weight`` (how many points
            there are); None where nothing was measured or compared. The points add up to
            the value score to the last digit shown.
        """
        self.ensure_one()
        engine = self.env["crm.value.engine"]
        dimensions = engine._get_dimensions(run.parameters)
        scales = engine._get_scales(run.calibration)
        shares = {
            dimension.code: scales[dimension.code].share(self._get_measure(dimension))
            for dimension in dimensions
            if dimension.code in scales and self[f"score_{dimension.code}"]
        }
        weights = {code: run.parameters[f"weight_{code}"] for code in shares}
        full = {
            code: 100 * weight / (sum(weights.values()) or 1)
            for code, weight in weights.items()
        }
        points = _round_to_sum(
            {code: full[code] * share for code, share in shares.items()},
            self.value_score,
        )
        parts = []
        for dimension in dimensions:
            code = dimension.code
            compared = code in shares
            share = shares.get(code)
            if share == 1 and not self._is_first(dimension):
                share = NEARLY_ALL
            parts.append(
                {
                    "code": code,
                    "label": self._fields[f"score_{code}"]._description_string(
                        self.env
                    ),
                    "measure": self._get_measure_text(run, code),
                    "comparison": self._get_comparison_text(
                        code, share, scales[code].neutral
                    )
                    if compared
                    else None,
                    "score": self[f"score_{code}"] or None,
                    "points": self._format_points(points[code], 2)
                    if compared
                    else None,
                    "weight": self._format_points(full[code]) if compared else None,
                }
            )
        return parts

    def _get_measure(self, dimension):
        """The measure of ``dimension`` as the engine saw it."""
        value = self[dimension.measure_field]
        return (value - EPOCH).days if isinstance(value, date) else value

    def _is_first(self, dimension):
        """Whether no other customer has as much: a scale does not know who came since."""
        return not self.sudo().search_count(
            [
                ("company_id", "=", self.company_id.id),
                ("id", "!=", self.id),
                ("partner_id.active", "=", True),
                ("purchase_days", ">", 0),
                (dimension.measure_field, ">=", self[dimension.measure_field]),
            ],
            limit=1,
        )

    def _get_notes(self, run):
        """Sentences on how ``run`` came to its forecast, where that was not the rule."""
        notes = []
        fit = run.fit["purchases"]
        if fit["method"] == "rule":
            notes.append(
                self.env._(
                    "Rule of thumb: too few customers bought again for a forecast "
                    "(%(repeaters)s of the %(need)s needed). The probability of another "
                    "purchase is taken from the time since the last one: %(rule)s.",
                    repeaters=fit["repeaters"],
                    need=run.parameters["min_repeaters"],
                    rule=self._get_rule_text(),
                )
                if fit["reason"] == "few"
                else self.env._(
                    "Rule of thumb: the forecast could not be fitted to the purchases of "
                    "your customers. The probability of another purchase is taken from "
                    "the time since the last one: %(rule)s.",
                    rule=self._get_rule_text(),
                )
            )
        elif fit["method"] == "previous":
            notes.append(
                self.env._(
                    "The forecast uses the parameters of %(date)s: the data of this "
                    "computation did not support new ones.",
                    date=format_date(self.env, fit["as_of"]),
                )
            )
        elif fit.get("prior"):
            notes.append(
                self.env._(
                    "The probabilities are rough: %(repeaters)s customers who bought again "
                    "do not settle the forecast yet, so usual values help out.",
                    repeaters=fit["repeaters"],
                )
            )
        if run.fit["spend"]["method"] == "rule":
            notes.append(
                self.env._(
                    "The amount per purchase is the customer's plain average: there are "
                    "too few repeat customers to correct it for chance."
                )
            )
        elif run.fit["spend"].get("outliers"):
            low, high = run.fit["spend"]["limits"]
            if self.purchase_days and not low <= self.average_purchase <= high:
                notes.append(
                    self.env._(
                        "The mean of %(average)s per purchase is out of all proportion to "
                        "what other customers spend: the forecast of the others does not "
                        "learn from it. Is there a mistyped price?",
                        average=self._format_money(self.average_purchase),
                    )
                )
        return notes

    def _get_rule_text(self):
        parts = [
            self.env._(
                "up to %(days)s days %(probability)s",
                days=days,
                probability=self._format_percent(probability),
            )
            for days, probability in RETENTION_RULE[:-1]
        ]
        parts.append(
            self.env._(
                "later %(probability)s",
                probability=self._format_percent(RETENTION_RULE[-1][1]),
            )
        )
        return format_list(self.env, parts)

    def _get_card(self):
        """What the card says of this profile, in the user's language.

        :return: dict, JSON-able:

            - ``profile_id``
            - ``tier``: dict ``name``, ``color``, or False
            - ``lifecycle``: label of the stage, or False
            - ``churn``: dict ``level`` (low, medium, high), ``label``, or False
            - ``figures``: list of dicts ``name``, ``label``, ``value`` (text)
            - ``reasons``: list of sentences: why this stage, this risk, or no tier
            - ``as_of``: the last day that counts, as text
        """
        self.ensure_one()
        return {
            "profile_id": self.id,
            "tier": {"name": self.tier_id.name, "color": self.tier_id.color}
            if self.tier_id
            else False,
            "lifecycle": self._get_label("lifecycle") or False,
            "churn": {
                "level": self.churn_level,
                "label": self._get_label("churn_level"),
            }
            if self.churn_level
            else False,
            "figures": self._get_card_figures() if self.purchase_days else [],
            "reasons": self._get_card_reasons(),
            "as_of": format_date(self.env, self.as_of),
        }

    def _get_card_figures(self):
        """Hook: the figures of the card, in order; a module adds dicts of its own."""
        self.ensure_one()
        figures = {
            "clv_predictive": self._format_money(self.clv_predictive),
            "revenue_year": self._format_money(self.revenue_year),
            "last_purchase": format_date(self.env, self.last_purchase),
        }
        return [
            {
                "name": name,
                "label": self._fields[name]._description_string(self.env),
                "value": value,
            }
            for name, value in figures.items()
        ]

    def _get_card_reasons(self):
        """Sentences of the explanation that a glance needs; all of them are behind Why.

        A calm customer needs none of the churn sentence: the badge says it.
        """
        run = self._get_explaining_run()
        if self.data_state == "no_purchase" or not run:
            return self._get_explanation()["summary"]
        reasons = []
        if self.override_id or not self.tier_id:
            reasons.append(self._get_tier_sentence(run))
        if self.lifecycle:
            reasons.append(self._get_lifecycle_sentence(run))
        if self.churn_level in ("medium", "high"):
            reasons.append(self._get_churn_sentence())
        return reasons + self._get_missing_sentences(run)


def _round_to_sum(parts, total):
    """``parts`` (a dict) rounded to hundredths that add up to ``total``.

    By largest remainder: those cut most by rounding down are rounded up.
    """
    cents = {code: int(100 * part) for code, part in parts.items()}
    missing = round(100 * total) - sum(cents.values())
    by_remainder = sorted(parts, key=lambda code: cents[code] - 100 * parts[code])
    for code in by_remainder[:missing]:
        cents[code] += 1
    return {code: number / 100 for code, number in cents.items()}
