from odoo import models
from odoo.tools import format_date

# A customer is overdue after this many times the usual interval between purchases.
OVERDUE_FACTOR = 1.5
# Refunds stand out from this share of all that was bought.
REFUND_SHARE = 0.2
# Few different products: the lowest scores for variety.
LOW_VARIETY = 2


class CrmValueProfile(models.Model):
    """Why a customer may leave, in words, and what to do about it."""

    _inherit = "crm.value.profile"

    def action_record_loss(self):
        """Open the dialog that records why the customer left."""
        self.ensure_one()
        return self.partner_id.with_company(self.company_id).action_record_value_loss()

    def _get_summary_sentences(self, run):
        sentences = super()._get_summary_sentences(run)
        if self.churn_level in ("medium", "high"):
            sentences += self._get_churn_reasons(run.parameters)
        return sentences

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
