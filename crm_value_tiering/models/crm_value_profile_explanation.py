from odoo import models
from odoo.tools import format_amount, format_date, formatLang


class CrmValueProfile(models.Model):
    """The explanation of a profile: parts as plain data, and one way to show them."""

    _inherit = "crm.value.profile"

    def _get_explanation(self):
        """Why the profile says what it says, in the user's language.

        :return: dict, JSON-able, of texts:

            - ``summary``: list of sentences: tier, lifecycle, churn
            - ``dimensions``: list of dicts, see :meth:`_get_dimension_parts`
            - ``total``: the value score, sum of the points of the dimensions, or None
            - ``values``: list of dicts ``label``, ``amount``, ``formula``: the two
              lifetime values and how they were reached
            - ``notes``: list of sentences about thin data
        """
        self.ensure_one()
        run = self._get_explaining_run()
        if self.data_state == "no_purchase" or not run:
            return {
                "summary": [
                    self.env._(
                        "No purchase up to %(date)s: there is nothing to measure yet. "
                        "Refunds do not count, nor do free orders unless the settings "
                        "say so.",
                        date=format_date(self.env, self.as_of),
                    )
                ],
                **dict.fromkeys(("dimensions", "values", "notes"), ()),
                "total": None,
            }
        return {
            "summary": self._get_summary_sentences(run),
            "dimensions": self._get_dimension_parts(run),
            "total": self._get_total_text(run),
            "values": self._get_value_parts(run),
            "notes": self._get_notes(run),
        }

    def _render_explanation(self):
        """The explanation as HTML, for whoever may read the profile."""
        self.ensure_one()
        return self.env["ir.qweb"]._render(
            "crm_value_tiering.value_explanation", {"why": self._get_explanation()}
        )

    def _get_explaining_run(self):
        """The last finished run of the company: all its profiles agree with it.

        ``run_id`` may be an earlier one, with the same result for this customer but
        with other scales.
        """
        return self.env["crm.value.run"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("state", "=", "done"),
                ("as_of", "=", self.as_of),
            ],
            order="id desc",
            limit=1,
        )

    # --------------------------------------------------------------- sentences
    def _get_summary_sentences(self, run):
        sentences = [
            self._get_tier_sentence(run),
            *self._get_next_tier_sentences(run),
            self._get_lifecycle_sentence(run),
        ]
        if self.churn_level:
            sentences.append(self._get_churn_sentence())
        return sentences

    def _get_tier_sentence(self, run):
        if self.data_state == "insufficient":
            return self.env._(
                "No tier yet: %(have)s customers with a purchase are too few to compare; "
                "the value model asks for %(need)s.",
                have=run.counts.get("customers", 0),
                need=run.parameters["min_customers"],
            )
        if not self.tier_id:
            return self.env._("No tier: no score could be computed.")
        if run.calibration.get("neutral_tier"):
            return self.env._(
                "%(tier)s: all customers have the same score, so all are in the middle "
                "tier.",
                tier=self.tier_id.name,
            )
        by_clv = run.calibration["measure"] == "clv_predictive"
        measure = (
            self._format_money(self.clv_predictive)
            if by_clv
            else formatLang(self.env, self.value_score, digits=2)
        )
        limit = self._get_tier_limit(run)
        if limit is None:
            return (
                self.env._(
                    "%(tier)s: the predicted lifetime value of %(measure)s is below the "
                    "limits of the tiers above.",
                    tier=self.tier_id.name,
                    measure=measure,
                )
                if by_clv
                else self.env._(
                    "%(tier)s: the value score of %(measure)s is below the limits of "
                    "the tiers above.",
                    tier=self.tier_id.name,
                    measure=measure,
                )
            )
        earned = (self.clv_predictive if by_clv else self.value_score) >= limit
        values = {
            "tier": self.tier_id.name,
            "measure": measure,
            "limit": self._format_money(limit)
            if by_clv
            else formatLang(self.env, limit, digits=2),
        }
        if not earned:
            return self.env._(
                "%(tier)s: %(measure)s is below the limit of %(limit)s, but within the "
                "margin of %(margin)s that keeps customers from changing tier back and "
                "forth.",
                **values,
                margin=self._format_rate(run.parameters["hysteresis"]),
            )
        if by_clv:
            return self.env._(
                "%(tier)s: the predicted lifetime value of %(measure)s reaches the limit "
                "of %(limit)s.",
                **values,
            )
        return self.env._(
            "%(tier)s: the value score of %(measure)s reaches the limit of %(limit)s.",
            **values,
        )

    def _get_next_tier_sentences(self, run):
        """Where the tier above begins, for whoever asks why it is not that one."""
        above = None
        for tier in run.calibration.get("tiers", []):
            if tier["tier_id"] == self.tier_id.id:
                break
            above = tier if tier.get("limit") is not None else above
        if not above or not self.tier_id or run.calibration.get("neutral_tier"):
            return []
        limit = float(above["limit"])
        return [
            self.env._(
                "%(tier)s begins at %(limit)s.",
                tier=self.env["crm.value.tier"].browse(above["tier_id"]).name,
                limit=self._format_money(limit)
                if run.calibration["measure"] == "clv_predictive"
                else formatLang(self.env, limit, digits=2),
            )
        ]

    def _get_tier_limit(self, run):
        """Limit of the profile's tier in ``run``, None when it has none."""
        for tier in run.calibration.get("tiers", []):
            if tier["tier_id"] == self.tier_id.id and tier.get("limit") is not None:
                return float(tier["limit"])
        return None

    def _get_lifecycle_sentence(self, run):
        parameters = run.parameters
        values = {
            "days": self.recency_days,
            "last": format_date(self.env, self.last_purchase),
            "first": format_date(self.env, self.first_purchase),
            "year": self._format_money(self.revenue_year),
            "previous": self._format_money(self.revenue_previous_year),
        }
        if self.lifecycle == "lost":
            return self.env._(
                "Lost: the last purchase, on %(last)s, is %(days)s days ago, more than "
                "%(limit)s.",
                **values,
                limit=parameters["lost_days"],
            )
        if self.lifecycle == "new":
            return self.env._(
                "New: the first purchase was on %(first)s, at most %(limit)s days ago.",
                **values,
                limit=parameters["new_days"],
            )
        if self.lifecycle == "declining":
            if self.purchase_days == 1:
                return self.env._(
                    "Declining: bought once, on %(last)s, and not again in the %(days)s "
                    "days since.",
                    **values,
                )
            if 100 * (1 - self.p_alive) >= parameters["churn_high"]:
                return self.env._(
                    "Declining: %(days)s days without a purchase are long for this "
                    "customer.",
                    **values,
                )
            return self.env._(
                "Declining: revenue of the last 365 days is %(year)s, after %(previous)s "
                "in the 365 days before.",
                **values,
            )
        if self.lifecycle == "growing":
            return self.env._(
                "Growing: revenue of the last 365 days is %(year)s, after %(previous)s in "
                "the 365 days before.",
                **values,
            )
        return self.env._(
            "Mature: revenue of the last 365 days is %(year)s, near the %(previous)s of "
            "the 365 days before.",
            **values,
        )

    # ------------------------------------------------------------------- parts
    def _get_measure_text(self, run, code):
        """Hook: what was measured for the dimension ``code``, in words."""
        days = run.parameters["window_days"]
        if code == "recency":
            date = format_date(self.env, self.last_purchase)
            if not self.recency_days:
                return self.env._(
                    "last purchase on %(date)s, the day of these figures", date=date
                )
            if self.recency_days == 1:
                return self.env._("last purchase one day ago, on %(date)s", date=date)
            return self.env._(
                "last purchase %(days)s days ago, on %(date)s",
                days=self.recency_days,
                date=date,
            )
        if code == "frequency":
            if not days:
                return self.env._(
                    "purchases in all: %(number)s", number=self.purchase_days
                )
            return self.env._(
                "purchases in %(days)s days: %(number)s",
                number=self.window_purchases,
                days=days,
            )
        if code == "monetary":
            amount = self._format_money(self.revenue_window)
            if not days:
                return self.env._("%(amount)s in all", amount=amount)
            return self.env._("%(amount)s in %(days)s days", amount=amount, days=days)
        if code == "variety":
            return self.env._(
                "different products: %(number)s", number=self.product_count
            )
        return ""

    def _get_value_parts(self, run):
        return [
            {
                "label": self._fields["clv_simple"]._description_string(self.env),
                "amount": self._format_money(self.clv_simple),
                "formula": self.env._(
                    "%(revenue)s revenue in the last 365 days × %(buy)s probability of a "
                    "purchase within a year",
                    revenue=self._format_money(max(self.revenue_year, 0)),
                    buy=self._format_percent(self.p_buy_year),
                ),
            },
            {
                "label": self._fields["clv_predictive"]._description_string(self.env),
                "amount": self._format_money(self.clv_predictive),
                "formula": self._get_predictive_formula(run),
            },
        ]

    def _get_predictive_formula(self, run):
        values = {
            "margin": self._format_rate(run.parameters["margin_rate"]),
            "years": run.parameters["horizon_years"],
            "discount": self._format_rate(run.parameters["discount_rate"]),
        }
        if run.fit["purchases"]["method"] == "rule":
            return self.env._(
                "annual revenue × %(margin)s margin × rule-of-thumb retention, over "
                "%(years)s years, %(discount)s discount per year",
                **values,
            )
        return self.env._(
            "purchases to expect (%(purchases)s in the first year) × %(spend)s per "
            "purchase × %(margin)s margin, over %(years)s years, %(discount)s discount "
            "per year",
            **values,
            purchases=formatLang(self.env, self.expected_purchases, digits=2),
            spend=self._format_money(self.expected_spend),
        )

    # ----------------------------------------------------------------- formats
    def _format_money(self, amount):
        return format_amount(self.env, amount, self.currency_id)

    def _format_percent(self, probability):
        return self._format_rate(round(100 * probability))

    def _format_rate(self, percent):
        digits = 0 if percent == round(percent) else 1
        return f"{formatLang(self.env, percent, digits=digits)} %"

    def _get_label(self, name):
        """Translated label of the selection field ``name``."""
        field = self._fields[name]
        return dict(field._description_selection(self.env)).get(self[name], "")
