from odoo import fields, models
from odoo.tools import format_date

# A customer is overdue after this many times the usual interval between purchases.
OVERDUE_FACTOR = 1.5
# Refunds stand out from this share of all that was bought.
REFUND_SHARE = 0.2
# Few different products: the lowest scores for variety.
LOW_VARIETY = 2


class CrmValueProfile(models.Model):
    """What the explanation says, sentence by sentence."""

    _inherit = "crm.value.profile"  # pylint: disable=consider-merging-classes-inherited

    # --------------------------------------------------------------- sentences
    def _get_summary_sentences(self, run):
        sentences = [
            self._get_tier_sentence(run),
            *self._get_next_tier_sentences(run),
            self._get_lifecycle_sentence(run),
        ]
        if self.churn_level:
            sentences.append(self._get_churn_sentence())
        if self.churn_level in ("medium", "high"):
            sentences += self._get_churn_reasons(run.parameters)
        return sentences

    def _get_tier_sentence(self, run):
        if not self.override_id:
            return self._get_earned_sentence(run)
        if not self.earned_tier_id:
            return self._get_override_sentence()
        return " ".join(
            [
                self._get_override_sentence(),
                self.env._("The figures give %(tier)s.", tier=self.earned_tier_id.name),
            ]
        )

    def _get_earned_sentence(self, run):
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
            else self._format_points(self.value_score, 2)
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
            else self._format_points(limit, 2),
        }
        if not earned:
            return self.env._(
                "%(tier)s: %(measure)s is below the limit of %(limit)s, but within the "
                "downgrade tolerance of %(margin)s, so the customer does not fall back "
                "yet.",
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
        """Where the tier above begins, for users who ask why it is not that one."""
        above = self._get_tier_above(run)
        if not above:
            return []
        limit = float(above["limit"])
        return [
            self.env._(
                "%(tier)s begins at %(limit)s.",
                tier=self.env["crm.value.tier"].browse(above["tier_id"]).name,
                limit=self._format_money(limit)
                if run.calibration["measure"] == "clv_predictive"
                else self._format_points(limit, 2),
            )
        ]

    def _get_tier_above(self, run):
        """The next better tier of ``run`` with a limit, as the calibration has it; None:
        there is none, or the figures do not decide."""
        if self.override_id or not self.tier_id or run.calibration.get("neutral_tier"):
            return None
        above = None
        for tier in run.calibration.get("tiers", []):
            if tier["tier_id"] == self.tier_id.id:
                break
            above = tier if tier.get("limit") is not None else above
        return above

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
                    "Declining: %(days)s days without a purchase is long for this "
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

    def _get_comparison_text(self, code, share, neutral=False):
        """Hook: where the measure of the dimension ``code`` is among all customers.

        :param share: share of the other customers that have less, 0 to 1
        :param neutral: whether all customers are equal
        """
        if neutral:
            return self.env._("like all customers: half of the points")
        if not share:
            return (
                self.env._("no customer bought longer ago")
                if code == "recency"
                else self.env._("no customer has less")
            )
        whom = self._get_share_text(share)
        if code == "recency":
            return self.env._("more recently than %(whom)s", whom=whom)
        if code == "frequency":
            return self.env._("more often than %(whom)s", whom=whom)
        if code == "variety":
            return self.env._("more products than %(whom)s", whom=whom)
        return self.env._("more than %(whom)s", whom=whom)

    def _get_share_text(self, share):
        """``share`` of the other customers, above 0: never "about 0 %", nor "about
        100 %" when somebody is level or ahead."""
        if share == 1:
            return self.env._("all other customers")
        percent = min(99, max(1, round(100 * share)))
        return self.env._(
            "about %(share)s of customers", share=self._format_rate(percent)
        )

    def _get_churn_sentence(self):
        return self.env._(
            "Churn risk %(level)s: still active with a probability of %(alive)s; "
            "buys within 90 days with %(quarter)s, within a year with %(year)s.",
            level=self._get_label("churn_level").lower(),
            alive=self._format_percent(self.p_alive),
            quarter=self._format_percent(self.p_buy_quarter),
            year=self._format_percent(self.p_buy_year),
        )

    def _get_override_sentence(self):
        override = self.override_id
        values = {
            "tier": override.tier_id.name,
            "user": override.user_id.sudo().name or "–",
            "begin": format_date(self.env, override.date_from),
            "reason": override.reason.strip().rstrip("."),
        }
        if not override.date_to:
            return self.env._(
                "%(tier)s: set by %(user)s on %(begin)s, because: %(reason)s.", **values
            )
        return self.env._(
            "%(tier)s: set by %(user)s on %(begin)s until %(end)s, because: %(reason)s.",
            **values,
            end=format_date(self.env, fields.Date.subtract(override.date_to, days=1)),
        )

    def _get_churn_reasons(self, parameters):
        """Hook: sentences, the strongest sign first, in the language of the context.

        They go into activities, which any employee may read: no amounts of money.

        :param parameters: of the run, see ``_get_parameters`` of the value model
        """
        self.ensure_one()
        return [
            reason
            for reason in (
                self._get_overdue_reason(),
                self._get_revenue_reason(parameters),
                self._get_refund_reason(),
                self._get_variety_reason(),
            )
            if reason
        ]

    def _get_overdue_reason(self):
        """Silence, measured by the customer's own rhythm."""
        if self.purchase_days == 1:
            return self.env._(
                "Bought once, on %(date)s, and not again in %(days)s days.",
                date=format_date(self.env, self.last_purchase),
                days=self.recency_days,
            )
        if self.purchase_days < 2:
            return ""
        interval = (self.last_purchase - self.first_purchase).days / (
            self.purchase_days - 1
        )
        if self.recency_days <= OVERDUE_FACTOR * interval:
            return ""
        return self.env._(
            "Used to buy every %(interval)s days; the last purchase, on %(date)s, was "
            "%(days)s days ago.",
            interval=round(interval),
            date=format_date(self.env, self.last_purchase),
            days=self.recency_days,
        )

    def _get_revenue_reason(self, parameters):
        """Revenue fell by as much as makes a customer declining."""
        limit = 1 - parameters.get("decline_rate", 30) / 100
        before = self.revenue_previous_year
        if before <= 0 or self.revenue_year > before * limit:
            return ""
        return self.env._(
            "Revenue of the last 365 days is %(fall)s below that of the 365 days before.",
            fall=self._format_percent(1 - max(self.revenue_year, 0) / before),
        )

    def _get_refund_reason(self):
        bought = self.revenue_total + self.refund_total
        if bought <= 0 or self.refund_total < REFUND_SHARE * bought:
            return ""
        return self.env._(
            "Returned, or was refunded, %(share)s of what was bought.",
            share=self._format_percent(self.refund_total / bought),
        )

    def _get_variety_reason(self):
        if not 0 < self.score_variety <= LOW_VARIETY or not self.product_count:
            return ""
        return self.env._(
            "Buys few different products (%(number)s): easy to replace us.",
            number=self.product_count,
        )
