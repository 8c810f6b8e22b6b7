from dateutil.relativedelta import relativedelta

from odoo import models
from odoo.tools import SQL

from ..stats import intervals

ENOUGH = 30  # answers: fewer say little about anybody


class CrmSatisfactionPlan(models.Model):
    """What customers say: score, interval, response, strengths and weaknesses.

    Of all answers of the company within a year, whoever asked; those of this plan make
    the response rate.
    """

    _inherit = "crm.satisfaction.plan"  # pylint: disable=consider-merging-classes-inherited

    def _get_explanation(self):
        why = super()._get_explanation()
        plan = self.sudo()
        tiers = plan._fetch_nps()
        total = [sum(column) for column in zip(*tiers.values(), strict=True)]
        if not total:
            why["summary"].append(
                self.env._("Nobody has answered within a year: start with a few.")
            )
            return why
        why["summary"].append(plan._say_nps(total))
        if plan.asked_count:
            why["summary"].append(
                self.env._(
                    "%(answered)s of %(asked)s who were asked have answered "
                    "(%(rate)s): the others may think otherwise.",
                    answered=plan.answered_count,
                    asked=plan.asked_count,
                    rate=self._format_percent(plan.answered_count / plan.asked_count),
                )
            )
        why["tables"].append(plan._prepare_nps_table(tiers, total))
        dimensions = plan._fetch_dimensions()
        if dimensions:
            why["tables"].append(plan._prepare_dimension_table(dimensions))
        if len(dimensions) > 1:
            why["summary"] += plan._say_strengths(dimensions)
        why["notes"].append(
            self.env._(
                "The range is where the score of all customers lies with 95 %% "
                "certainty, if those who answered are like the others. Compare tiers "
                "only where the ranges do not overlap and each has %(enough)s answers.",
                enough=ENOUGH,
            )
        )
        return why

    def _say_nps(self, numbers):
        low, high = intervals.nps_interval(*numbers)
        return self.env._(
            "NPS %(score)s from %(answers)s answers within a year, in a range of %(low)s "
            "to %(high)s.",
            score=self._format_points(intervals.nps(*numbers), 1),
            answers=sum(numbers),
            low=self._format_points(low, 0),
            high=self._format_points(high, 0),
        )

    # ------------------------------------------------------------------- counting
    def _fetch_answers(self, columns, condition, group):
        """Counted answers of the company within a year, by the SQL that is given."""
        self.env["crm.satisfaction.answer"].flush_model()
        today = self.company_id._get_value_today()
        return self.env.execute_query(
            SQL(
                """
                SELECT %s, %s FROM crm_satisfaction_answer answer
                 WHERE answer.company_id = %s AND answer.date > %s
                   AND answer.date <= %s AND answer.is_withdrawn IS NOT TRUE AND %s
                 GROUP BY 1
                """,
                group,
                columns,
                self.company_id.id,
                today - relativedelta(years=1),
                today,
                condition,
            )
        )

    def _fetch_nps(self):
        """dict id of the tier, or None → [promoters, passives, detractors]"""
        rows = self._fetch_answers(
            SQL(
                "COUNT(*) FILTER (WHERE answer.verdict = 'positive'),"
                " COUNT(*) FILTER (WHERE answer.verdict = 'neutral'),"
                " COUNT(*) FILTER (WHERE answer.verdict = 'negative')"
            ),
            SQL("answer.kind = 'nps' AND answer.dimension IS NULL"),
            SQL("answer.tier_id"),
        )
        return {row[0]: row[1:] for row in rows}

    def _fetch_dimensions(self):
        """dict code of the dimension → (satisfied, answers)"""
        rows = self._fetch_answers(
            SQL("COUNT(*) FILTER (WHERE answer.verdict = 'positive'), COUNT(*)"),
            SQL("answer.kind = 'csat' AND answer.dimension IS NOT NULL"),
            SQL("answer.dimension"),
        )
        return {row[0]: row[1:] for row in rows}

    # ------------------------------------------------------------------- showing
    def _prepare_nps_table(self, tiers, total):
        names = {
            tier.id: tier.name
            for tier in self.env["crm.value.tier"].browse(filter(None, tiers))
        }
        rows = [
            self._prepare_nps_row(names.get(tier, self.env._("No tier")), numbers)
            for tier, numbers in sorted(
                tiers.items(), key=lambda one: (one[0] is None, one[0] or 0)
            )
        ]
        return self._prepare_table(
            [
                ("name", self.env._("Tier")),
                ("promoters", self.env._("Promoters"), "end"),
                ("passives", self.env._("Passives"), "end"),
                ("detractors", self.env._("Detractors"), "end"),
                ("score", "NPS", "end"),
                ("range", self.env._("Range"), "end"),
            ],
            rows,
            total=self._prepare_nps_row(self.env._("All"), total),
            title=self.env._("Would they recommend us?"),
        )

    def _prepare_nps_row(self, name, numbers):
        low, high = intervals.nps_interval(*numbers)
        return {
            "name": name,
            "promoters": str(numbers[0]),
            "passives": str(numbers[1]),
            "detractors": str(numbers[2]),
            "score": self._format_points(intervals.nps(*numbers), 1),
            "range": f"{self._format_points(low, 0)} … {self._format_points(high, 0)}",
        }

    def _get_dimension_labels(self):
        return dict(
            self.env["crm.satisfaction.answer"]
            ._fields["dimension"]
            ._description_selection(self.env)
        )

    def _judge_dimensions(self, dimensions):
        """Which are better, or worse, than all together, beyond chance.

        :return: dict code → ``strength``, ``weakness`` or ""
        """
        satisfied = sum(count for count, _answers in dimensions.values())
        share = (
            100 * satisfied / sum(answers for _count, answers in dimensions.values())
        )
        judged = {}
        for code, (count, answers) in dimensions.items():
            low, high = intervals.share_interval(count, answers)
            judged[code] = (
                "strength" if low > share else "weakness" if high < share else ""
            )
        return judged

    def _say_strengths(self, dimensions):
        labels = self._get_dimension_labels()
        judged = self._judge_dimensions(dimensions)
        sentences = []
        for verdict, text in (
            ("strength", self.env._("Strengths: %s.")),
            ("weakness", self.env._("Weaknesses: %s.")),
        ):
            names = [labels[code] for code in dimensions if judged[code] == verdict]
            if names:
                sentences.append(text % ", ".join(sorted(names)))
        return sentences or [
            self.env._("Nothing is clearly better or worse than the rest.")
        ]

    def _prepare_dimension_table(self, dimensions):
        labels = self._get_dimension_labels()
        judged = self._judge_dimensions(dimensions)
        words = {
            "strength": self.env._("Strength"),
            "weakness": self.env._("Weakness"),
            "": "–",
        }
        rows = []
        for code, (count, answers) in sorted(
            dimensions.items(), key=lambda one: one[1][0] / one[1][1]
        ):
            low, high = intervals.share_interval(count, answers)
            rows.append(
                {
                    "name": labels[code],
                    "answers": str(answers),
                    "share": self._format_rate(100 * count / answers),
                    "range": f"{self._format_points(low, 0)} … "
                    f"{self._format_rate(high, 0)}",
                    "verdict": words[judged[code]],
                }
            )
        return self._prepare_table(
            [
                ("name", self.env._("About")),
                ("answers", self.env._("Answers"), "end"),
                ("share", self.env._("Satisfied"), "end"),
                ("range", self.env._("Range"), "end"),
                ("verdict", "", "end"),
            ],
            rows,
            title=self.env._("What are they satisfied with? The weakest first."),
        )
