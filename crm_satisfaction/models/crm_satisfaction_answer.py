from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.crm_value_tiering.models.crm_limits_mixin import MAX_DATE, MIN_DATE
from odoo.addons.crm_value_tiering.models.res_partner import VALUE_GROUP

# Longer ones fit no index; those of other systems are numbers.
MAX_KEY = 250


class Scale(NamedTuple):
    """How a kind of question is answered: whole numbers from ``low`` to ``high``.

    From ``good`` on customers are satisfied (promoters), up to ``bad`` they are not
    (detractors); in between they are neutral.
    """

    low: int
    high: int
    good: int
    bad: int

    def get_verdict(self, answer):
        """positive, neutral or negative."""
        if answer >= self.good:
            return "positive"
        return "negative" if answer <= self.bad else "neutral"


class CrmSatisfactionAnswer(models.Model):
    """A customer's answer to a satisfaction question on a given day.

    One row per answer. Those who ask (after a complaint, in a relationship survey, by an
    import of what was asked elsewhere) record through :meth:`_record`; metrics, value
    score and lists read here, so no answer is counted twice and no module keeps scores of
    its own. A questionnaire records one overall answer, without a dimension, and one per
    dimension: figures count the overall ones only, or a long questionnaire would weigh
    more than a short one.

    Rows are never changed, see ``crm_satisfaction_answer_guard``: a wrong one is withdrawn.
    """

    _name = "crm.satisfaction.answer"
    _inherit = ["crm.company.mixin", "crm.limits.mixin", "crm.erasable.mixin"]
    _description = "Satisfaction Answer"
    _order = "date desc, id desc"
    _rec_name = "answer_text"
    _erasable_texts = ("comment", "source_key", "withdrawal_reason")

    # Not by itself: what was answered is never deleted. The index begins others.
    company_id = fields.Many2one(ondelete="restrict", index=False)
    partner_id = fields.Many2one(
        "res.partner",
        string="Contact",
        index="btree_not_null",
        check_company=True,
        ondelete="set null",
        help="The contact who answered. Empty: erased; the answer still counts.",
    )
    customer_id = fields.Many2one(
        related="partner_id.commercial_partner_id",
        string="Customer",
        help="The company of the contact, or the contact itself.",
    )
    date = fields.Date(
        required=True,
        default=lambda self: self.env.company._get_value_today(),
        limits=(MIN_DATE, MAX_DATE),
        help="Day of the answer, in the company's time zone.",
    )
    kind = fields.Selection(
        [("csat", "CSAT"), ("nps", "NPS")],
        required=True,
        default="csat",
        help="CSAT: “how satisfied are you?”, answered from 1 to 5. NPS: “how likely are "
        "you to recommend us?”, answered from 0 to 10.",
    )
    dimension = fields.Selection(
        [
            ("product", "Product"),
            ("quality", "Quality"),
            ("service", "Service"),
            ("price", "Price"),
            ("delivery", "Delivery"),
        ],
        string="About",
        help="What the question was about. Empty: the customer's overall rating. CSAT "
        "and NPS count overall answers only.",
    )

    # Answer
    # What its kind allows is checked with the kind.
    answer = fields.Integer(required=True, aggregator="avg", limits=(-(10**6), 10**6))
    choice = fields.Selection(
        [(str(number), str(number)) for number in range(11)],
        string="Answer Given",
        store=False,
        help="The answer, while it is entered by hand: a number field would read as 0 "
        "before anything was entered.",
    )
    answer_text = fields.Char(string="Result", compute="_compute_answer_text")
    score = fields.Float(
        digits=(5, 2),
        readonly=True,
        aggregator="avg",
        limits=(0, 100),
        help="The answer from 0, the worst on its scale, to 100, the best.",
    )
    verdict = fields.Selection(
        [
            ("positive", "Positive"),
            ("neutral", "Neutral"),
            ("negative", "Negative"),
        ],
        readonly=True,
        help="CSAT: 4 and 5 are satisfied, 1 and 2 dissatisfied. NPS: 9 and 10 are "
        "promoters, 0 to 6 detractors.",
    )
    verdict_text = fields.Char(
        string="Verdict in Words",
        compute="_compute_verdict_text",
        help="CSAT: satisfied (4, 5), neutral, dissatisfied (1, 2). NPS: promoter "
        "(9, 10), passive, detractor (0 to 6).",
    )
    csat_percent = fields.Float(
        string="CSAT (%)",
        digits=(5, 2),
        readonly=True,
        aggregator="avg",
        limits=(0, 100),
        help="CSAT answers: 100 when satisfied, else 0. The average of those answers is "
        "the CSAT; other answers do not count in it.",
    )
    nps_points = fields.Float(
        string="NPS",
        digits=(5, 2),
        readonly=True,
        aggregator="avg",
        limits=(-100, 100),
        help="NPS answers: 100 for a promoter, -100 for a detractor, else 0. The average "
        "of those answers is the NPS; other answers do not count in it.",
    )
    comment = fields.Text(
        groups=VALUE_GROUP, help="What the customer said beside the number."
    )

    # What it was about, and for whom
    user_id = fields.Many2one(
        "res.users",
        string="Salesperson",
        index="btree_not_null",
        ondelete="set null",
        help="Whose work was judged. Empty at entry: the contact's salesperson.",
    )
    team_id = fields.Many2one(
        "crm.team",
        string="Sales Team",
        index="btree_not_null",
        check_company=True,
        ondelete="set null",
        help="Empty at entry: the team of the salesperson.",
    )
    tier_id = fields.Many2one(
        "crm.value.tier",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Tier of the customer on the day of the answer.",
    )
    tier_color = fields.Integer(related="tier_id.color")
    product_id = fields.Many2one(
        "product.product",
        index="btree_not_null",
        check_company=True,
        ondelete="set null",
    )
    document = fields.Reference(
        selection="_selection_document",
        groups=VALUE_GROUP,
        help="The document after which the customer was asked.",
    )
    source_key = fields.Char(
        string="Key",
        groups=VALUE_GROUP,
        help="Identifies the answer: it is counted once, however often it arrives. Use "
        "its number in the system it comes from. Left empty: one answer per "
        "contact, day, kind and subject.",
    )

    # Withdrawal
    is_withdrawn = fields.Boolean(
        string="Withdrawn", readonly=True, help="It no longer counts."
    )
    withdrawn_by_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    withdrawn_at = fields.Datetime(string="Withdrawn On", readonly=True)
    withdrawal_reason = fields.Text(readonly=True, groups=VALUE_GROUP)

    # A constraint, not an index: the merge of contacts looks for constraints.
    _key_uniq = models.Constraint(
        "UNIQUE (company_id, source_key)",
        "This answer was recorded already.",
    )
    _key_set = models.Constraint(
        "CHECK (source_key IS NOT NULL)", "An answer needs a key."
    )
    _csat_scale = models.Constraint(
        "CHECK (kind <> 'csat' OR answer BETWEEN 1 AND 5)",
        "CSAT is answered from 1 to 5.",
    )
    _nps_scale = models.Constraint(
        "CHECK (kind <> 'nps' OR answer BETWEEN 0 AND 10)",
        "NPS is answered from 0 to 10.",
    )
    _company_date_idx = models.Index("(company_id, date)")

    @api.model
    def _selection_document(self):
        return [
            (model.model, model.name)
            for model in self.env["ir.model"].sudo().search([("transient", "=", False)])
        ]

    @api.model
    def _get_scales(self):
        """Hook: kind → :class:`Scale`; a module that adds a kind adds its scale."""
        return {"csat": Scale(1, 5, 4, 2), "nps": Scale(0, 10, 9, 6)}

    @api.depends("answer", "kind")
    @api.depends_context("lang")
    def _compute_answer_text(self):
        scales = self._get_scales()
        for answer in self:
            scale = scales.get(answer.kind)
            answer.answer_text = scale and self.env._(
                "%(answer)s of %(best)s", answer=answer.answer, best=scale.high
            )

    @api.model
    def _get_verdict_labels(self):
        """Hook: (kind, verdict) → its name in the field; default: that of the verdict."""
        return {
            ("csat", "positive"): self.env._("Satisfied"),
            ("csat", "neutral"): self.env._("Neutral"),
            ("csat", "negative"): self.env._("Dissatisfied"),
            ("nps", "positive"): self.env._("Promoter"),
            ("nps", "neutral"): self.env._("Passive"),
            ("nps", "negative"): self.env._("Detractor"),
        }

    @api.depends("kind", "verdict")
    @api.depends_context("lang")
    def _compute_verdict_text(self):
        labels = self._get_verdict_labels()
        plain = dict(self._fields["verdict"]._description_selection(self.env))
        for answer in self:
            answer.verdict_text = labels.get(
                (answer.kind, answer.verdict), plain.get(answer.verdict)
            )

    @api.depends("answer", "kind", "partner_id.display_name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for answer in self:
            if not answer.id:
                answer.display_name = False
                continue
            name = f"{answer._get_kind_label(answer.kind)} {answer.answer_text}"
            partner = answer.sudo().partner_id.display_name
            answer.display_name = f"{name}, {partner}" if partner else name

    @api.model
    def _get_kind_label(self, kind):
        """CSAT, NPS …, in the user's language; what is no kind as it is."""
        return dict(self._fields["kind"]._description_selection(self.env)).get(
            kind, kind
        )

    @api.model
    def _read_group_select(self, aggregate_spec, query):
        """CSAT and NPS of a group of answers, whatever else is in it."""
        kind = {"csat_percent:avg": "csat", "nps_points:avg": "nps"}.get(aggregate_spec)
        if not kind:
            return super()._read_group_select(aggregate_spec, query)
        name = aggregate_spec.split(":")[0]
        return SQL(
            "AVG(%s) FILTER (WHERE %s = %s)",
            self._field_to_sql(self._table, name, query),
            self._field_to_sql(self._table, "kind", query),
            kind,
        )

    @api.model
    def _get_counted_domain(self):
        """Which answers count in figures: overall ones that were not withdrawn."""
        return [("dimension", "=", False), ("is_withdrawn", "=", False)]

    @api.model
    def _get_counted_sql(self):
        """The same as SQL, of a row ``answer``."""
        return SQL("answer.dimension IS NULL AND answer.is_withdrawn IS NOT TRUE")

    def action_open_document(self):
        """Open the document after which the customer was asked."""
        self.ensure_one()
        if not self.document:
            raise UserError(self.env._("This answer was given without a document."))
        return {
            "type": "ir.actions.act_window",
            "res_model": self.document._name,
            "res_id": self.document.id,
            "views": [(False, "form")],
        }

    @api.model
    def get_import_templates(self):
        return [
            {
                "label": self.env._("Import template for satisfaction answers"),
                "template": "/crm_satisfaction/static/xls/crm_satisfaction.xlsx",
            }
        ]

    @api.model
    def load(self, fields, data):
        """Import nothing when a value matches several records.

        Odoo warns and takes the first one; what is recorded for the wrong contact could
        not be corrected here.
        """
        self.check_access("create")
        answers = self.with_context(crm_satisfaction_judged={})
        with self.env.cr.savepoint() as savepoint:
            result = super(CrmSatisfactionAnswer, answers).load(fields, data)
            doubts = [
                message
                for message in result["messages"]
                if message["type"] == "warning" and message.get("field")
            ]
            if doubts:
                savepoint.rollback()
                result["ids"] = False
        for message in doubts:
            message["type"] = "error"
            message["message"] = self.env._(
                "%(doubt)s Identify the right one by e-mail address, reference or "
                "External ID.",
                doubt=message["message"],
            )
        return result

    @api.model
    def _load_records(self, data_list, update=False):
        """Let an import say which row is wrong.

        Odoo repeats a batch row by row when it fails, but shows the message of the whole
        batch at its first row, too, if it was one for users. What it repeats would be
        undone, since one row was refused: each row is judged once, and not recorded.
        """
        judged = self.env.context.get("crm_satisfaction_judged", {})
        if len(data_list) == 1 and id(data_list[0]) in judged:
            _data, error = judged[id(data_list[0])]
            if error:
                raise error
            return self.browse()
        try:
            return super()._load_records(data_list, update)
        except UserError as error:
            if len(data_list) == 1:
                raise
            judged.update(self._judge_rows(data_list))
            raise BatchRefusedError from error

    @api.model
    def _judge_rows(self, data_list):
        """Rows of an import that are to become answers, and the errors of those refused.

        :return: dict identity of the row → (row, error or None); empty when the reason
            of the refusal is not in such a row
        """
        rows = [
            data
            for data in data_list
            if not data.get("xml_id") and not data["values"].get("id")
        ]
        judged = self._judge([data["values"] for data in rows])
        self._match(judged)
        errors = [one if isinstance(one, UserError) else None for one in judged]
        if not any(errors):
            return {}
        return {
            id(data): (data, error) for data, error in zip(rows, errors, strict=True)
        }


class BatchRefusedError(Exception):
    """A row of an import was refused; the import finds out which."""
