from odoo import api, fields, models
from odoo.tools import SQL, format_date, formatLang


class CrmValueProfile(models.Model):
    """How satisfied the customer is: a part of the score, and the last answers."""

    _inherit = "crm.value.profile"

    score_satisfaction = fields.Integer(
        string="Satisfaction",
        readonly=True,
        aggregator="avg",
        help="1 (least satisfied) to 5 (most satisfied). Empty: no answers, "
        "or satisfaction has no weight in the value model.",
    )
    satisfaction_mean = fields.Float(
        string="Mean Satisfaction",
        digits=(5, 2),
        readonly=True,
        aggregator="avg",
        help="Mean of the answers in the period, from 0 (worst) to 100 (best).",
    )
    satisfaction_count = fields.Integer(
        string="Satisfaction Answers",
        readonly=True,
        help="Overall answers in the period of the value model.",
    )
    last_satisfaction_ids = fields.Many2many(
        "crm.satisfaction.answer",
        string="Last Answers",
        compute="_compute_last_satisfaction_ids",
        groups="crm_value_tiering.group_value_user",
        help="The last overall answer of each kind.",
    )

    @api.depends("partner_id", "company_id")
    @api.depends_context("allowed_company_ids")
    def _compute_last_satisfaction_ids(self):
        """Of the company and its branches, as far as the user works there."""
        answers = self.env["crm.satisfaction.answer"]
        answers.flush_model()
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (profile.id, answer.kind) profile.id, answer.id
                  FROM crm_value_profile profile
                  JOIN res_partner partner
                    ON partner.commercial_partner_id = profile.partner_id
                  JOIN crm_satisfaction_answer answer
                    ON answer.partner_id = partner.id
                  JOIN res_company branch ON branch.id = answer.company_id
                   AND %(root)s = profile.company_id
                 WHERE profile.id = ANY(%(ids)s) AND %(counted)s
                   AND (%(su)s OR answer.company_id = ANY(%(companies)s))
                 ORDER BY profile.id, answer.kind, answer.date DESC, answer.id DESC
                """,
                root=self.env["res.company"]._get_value_root_sql("branch"),
                ids=self.ids,
                counted=answers._get_counted_sql(),
                su=self.env.su,
                companies=self.env.companies.ids,
            )
        )
        # together for the answers of all cards, too: the rules read company and contact
        latest = answers.browse(row[1] for row in rows)
        latest.fetch(["company_id", "partner_id", "kind", "answer", "date"])
        latest.sudo().mapped("partner_id.commercial_partner_id.user_id")
        found = {}
        for profile_id, answer_id in rows:
            found.setdefault(profile_id, []).append(answer_id)
        for profile in self:
            profile.last_satisfaction_ids = answers.browse(found.get(profile.id, ()))

    def _get_card_figures(self):
        return super()._get_card_figures() + [
            {
                "name": f"satisfaction_{answer.kind}",
                "label": answer._get_kind_label(answer.kind),
                "value": self.env._(
                    "%(answer)s (%(date)s)",
                    answer=answer.answer_text,
                    date=format_date(self.env, answer.date),
                ),
            }
            for answer in self.last_satisfaction_ids
        ]

    def _get_measure_text(self, run, code):
        if code != "satisfaction":
            return super()._get_measure_text(run, code)
        if not self.satisfaction_count:
            return self.env._("no answers: scored on the other dimensions")
        values = {
            "mean": formatLang(self.env, self.satisfaction_mean, digits=0),
            "count": self.satisfaction_count,
            "days": run.parameters["window_days"],
        }
        if not values["days"]:
            return self.env._("%(mean)s of 100, answers in all: %(count)s", **values)
        return self.env._(
            "%(mean)s of 100, answers in %(days)s days: %(count)s", **values
        )

    def _get_comparison_text(self, code, share, neutral=False):
        if code != "satisfaction" or neutral:
            return super()._get_comparison_text(code, share, neutral)
        if not share:
            return self.env._("no customer is less satisfied")
        return self.env._(
            "more satisfied than %(whom)s who answered",
            whom=self._get_share_text(share),
        )
