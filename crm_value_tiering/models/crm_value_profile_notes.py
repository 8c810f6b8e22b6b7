from odoo import models
from odoo.tools import format_date, format_list

from .crm_value_engine_forecast import RETENTION_RULE


class CrmValueProfile(models.Model):
    """What the explanation adds when the data are thin."""

    _inherit = "crm.value.profile"

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
