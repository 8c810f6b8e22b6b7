from datetime import date

from odoo import models
from odoo.tools import formatLang

EPOCH = date(1970, 1, 1)


class CrmValueProfile(models.Model):
    """Where a customer stands in each dimension, and the points that this brings."""

    _inherit = "crm.value.profile"

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
            dimension["code"]: scales[dimension["code"]].share(
                self._get_measure(dimension)
            )
            for dimension in dimensions
            if dimension["code"] in scales and self[f"score_{dimension['code']}"]
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
            code = dimension["code"]
            compared = code in shares
            parts.append(
                {
                    "code": code,
                    "label": self._fields[f"score_{code}"]._description_string(
                        self.env
                    ),
                    "measure": self._get_measure_text(run, code),
                    "comparison": self._get_comparison_text(
                        code, shares[code], scales[code].neutral
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
        value = self[dimension["field"]]
        return (value - EPOCH).days if isinstance(value, date) else value

    def _get_total_text(self, run):
        """The value score, None without a score in any dimension."""
        engine = self.env["crm.value.engine"]
        scored = any(
            self[f"score_{dimension['code']}"]
            for dimension in engine._get_dimensions(run.parameters)
        )
        return formatLang(self.env, self.value_score, digits=2) if scored else None

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

    def _format_points(self, points, digits=None):
        """``points`` with ``digits`` decimals; default: two, or none if they are 0."""
        if digits is None:
            digits = 0 if points == round(points) else 2
        return formatLang(self.env, points, digits=digits)


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
