from odoo import models
from odoo.tools import format_date


class CrmValueProfile(models.Model):
    """The profile at a glance: what the customer card shows, as plain data."""

    _inherit = "crm.value.profile"

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
        if self.next_contact_date:
            next_contact = format_date(self.env, self.next_contact_date)
            figures["next_contact_date"] = next_contact
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
        return reasons

    def _get_churn_sentence(self):
        return self.env._(
            "Churn risk %(level)s: still active with a probability of %(alive)s; "
            "buys within 90 days with %(quarter)s, within a year with %(year)s.",
            level=self._get_label("churn_level").lower(),
            alive=self._format_percent(self.p_alive),
            quarter=self._format_percent(self.p_buy_quarter),
            year=self._format_percent(self.p_buy_year),
        )
