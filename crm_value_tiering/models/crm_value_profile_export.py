from odoo import api, models

from .crm_value_profile_explanation import ExplainingRuns

PROBABILITIES = ("p_alive", "p_buy_quarter", "p_buy_year")


class CrmValueProfile(models.Model):
    """The tier list as an Excel file, with the reasons in words."""

    _inherit = "crm.value.profile"  # pylint: disable=consider-merging-classes-inherited

    def action_export_xlsx(self):
        """Download the selected customers, or all that the list shows."""
        return self.env["crm.value.export"]._request(self)

    @api.model
    def _get_export_columns(self, with_reasons=True):
        """Hook: list of (header, kind, function of a profile), in order."""
        export = self.env["crm.value.export"]
        engine = self.env["crm.value.engine"]
        names = [
            "partner_id",
            "company_id",
            "user_id",
            "country_id",
            "tier_id",
            "value_score",
            "lifecycle",
            "churn_level",
            "clv_predictive",
            "clv_simple",
            "revenue_year",
            "revenue_previous_year",
            "revenue_window",
            "revenue_total",
            "refund_total",
            "average_purchase",
            "purchase_days",
            "window_purchases",
            "product_count",
            "first_purchase",
            "last_purchase",
            "recency_days",
            *(dimension.score_field for dimension in engine._get_all_dimensions()),
            *PROBABILITIES,
            "expected_purchases",
            "expected_spend",
            "as_of",
        ]
        columns = export._get_columns(self, names, percents=PROBABILITIES)
        return columns + [self._get_reasons_column()] if with_reasons else columns

    @api.model
    def _get_reasons_column(self):
        """The sentences of the explanation: tier, stage, risk."""
        runs = ExplainingRuns()

        def why(profile):
            if not profile.purchase_days:
                return ""
            profile = profile._with_runs(runs)
            run = profile._get_explaining_run()
            return " ".join(profile._get_summary_sentences(run)) if run else ""

        header = self._fields["explanation_html"]._description_string(self.env)
        return header, "sentence", why
