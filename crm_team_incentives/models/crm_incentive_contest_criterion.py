from odoo import api, fields, models
from odoo.tools import SQL

from .crm_incentive_case_mixin import MAX_ORDERS


class CrmIncentiveContestCriterion(models.Model):
    """What a contest is about: a figure, and how much it weighs."""

    _name = "crm.incentive.contest.criterion"
    _inherit = "crm.incentive.contest.part.mixin"
    _description = "Criterion of a Contest"
    _order = "contest_id, id"
    _rec_name = "metric"

    metric = fields.Selection(
        selection="_get_metric_selection", string="Figure", required=True
    )
    weight = fields.Float(
        digits=(7, 2),
        required=True,
        default=100,
        aggregator=None,
        limits=(0.01, 1000),
        help="Compared with the weights of the other criteria.",
    )
    minimum_count = fields.Integer(
        string="At Least",
        default=0,
        aggregator=None,
        limits=(0, MAX_ORDERS),
        help="Whoever has fewer documents or answers has no place: too few to judge.",
    )
    prior_count = fields.Integer(
        string="Drawn to the Mean by",
        default=10,
        aggregator=None,
        limits=(0, MAX_ORDERS),
        help="For means: as if each had so many more answers with everybody's mean. Few "
        "very good answers do not win against many good ones.",
    )
    sentence = fields.Char(string="In Words", compute="_compute_sentence")

    _metric_once = models.Constraint(
        "UNIQUE(contest_id, metric)", "Each figure counts once in a contest."
    )

    @api.model
    def _get_metric_selection(self):
        metrics = self.env["crm.incentive.contest"]._get_metrics()
        return [(key, metric["label"]) for key, metric in metrics.items()]

    def _get_metric(self):
        """What the figure is, see ``_get_metrics`` of the contest.

        The add-on that measured it may be gone: then it is the same for everybody.
        """
        metrics = self.env["crm.incentive.contest"]._get_metrics()
        return metrics.get(self.metric) or {
            "label": self.env._("%s (not measured any more)", self.metric),
            "units": (),
            "sql": lambda contest: SQL(
                "SELECT NULL::int AS unit_id, 0 AS total, 0 AS n WHERE FALSE"
            ),
        }

    @api.depends("metric", "weight", "minimum_count", "prior_count")
    @api.depends_context("lang")
    def _compute_sentence(self):
        for criterion in self:
            criterion.sentence = criterion.metric and criterion._get_sentence()

    def _get_sentence(self):
        metric = self._get_metric()
        texts = self.env["crm.explanation.mixin"]
        parts = [
            self.env._("%(figure)s, less is better", figure=metric["label"])
            if metric.get("is_less_better")
            else self.env._("%(figure)s, more is better", figure=metric["label"])
        ]
        parts.append(self.env._("weight %s", texts._format_points(self.weight)))
        if self.minimum_count:
            parts.append(self.env._("at least %s documents", self.minimum_count))
        if metric.get("is_mean") and self.prior_count:
            parts.append(
                self.env._("drawn to everybody's mean by %s", self.prior_count)
            )
        return "; ".join(parts)
