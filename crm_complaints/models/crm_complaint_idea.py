from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL, plaintext2html

from .crm_complaint import INSIDE_GROUPS, LEADER_GROUP, MANAGER_GROUP

# What customers are told; "new" is nothing to tell yet.
DECISIONS = ("planned", "adopted", "declined")


class CrmComplaintIdea(models.Model):
    """What several customers suggest, decided on once and answered to each of them.

    Suggestions are requests; ``crm_complaint_voice`` ties them to an idea. A decision
    needs an answer, which every customer who suggested it is told, once per decision.
    """

    _name = "crm.complaint.idea"
    _inherit = [
        "crm.company.mixin",
        "crm.limits.mixin",
        "crm.kept.mixin",
        "crm.conversation.mixin",
        "mail.thread",
    ]
    _description = "Idea of Customers"
    _order = "decided_at desc, id desc"  # first what is not decided
    _erasable_texts = ("name", "considerations", "answer")
    _erasing_group = MANAGER_GROUP
    _kept = ("state", "decided_at", "decided_by_id", "adopted_percent")

    name = fields.Char(string="Idea", required=True, tracking=True)
    active = fields.Boolean(default=True)
    product_id = fields.Many2one(
        "product.product", index="btree_not_null", check_company=True
    )
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        index=True,
        tracking=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Who sees to it that it is decided.",
    )
    suggestion_ids = fields.One2many(
        "crm.complaint", "idea_id", string="Suggestions", copy=False
    )
    suggestion_count = fields.Integer(
        compute="_compute_weight", compute_sudo=True, string="Number"
    )
    customer_count = fields.Integer(
        compute="_compute_weight",
        compute_sudo=True,
        string="Customers",
        help="Customers who suggested it, each company once.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    revenue = fields.Monetary(
        compute="_compute_weight",
        compute_sudo=True,
        groups=INSIDE_GROUPS,
        help="Revenue of these customers in the year before each suggested it first. "
        "Every customer counts once.",
    )
    considerations = fields.Text(
        groups=INSIDE_GROUPS,
        help="What speaks for it and against it: use, cost, risk. Customers do not "
        "see it.",
    )
    answer = fields.Text(
        string="Answer to the Customers",
        tracking=True,
        help="What customers are told: what you do, or why not.",
    )
    state = fields.Selection(
        [
            ("new", "To Be Decided"),
            ("planned", "Planned"),
            ("adopted", "Adopted"),
            ("declined", "Not Adopted"),
        ],
        string="Decision",
        required=True,
        readonly=True,
        default="new",
        copy=False,
        index=True,
        tracking=True,
        group_expand=True,
    )
    decided_at = fields.Datetime(string="Decided", readonly=True, copy=False)
    decided_by_id = fields.Many2one(
        "res.users",
        readonly=True,
        copy=False,
        index=True,
        ondelete="restrict",
    )
    untold_count = fields.Integer(
        compute="_compute_untold_count",
        help="Suggestions whose customer does not know the decision yet.",
    )
    adopted_percent = fields.Float(
        string="Adopted (%)",
        compute="_compute_adopted_percent",
        store=True,
        digits=(5, 1),
        limits=(0, 100),
        aggregator="avg",
        help="Of the ideas that were adopted or not adopted, the share of those that "
        "were. What is not decided or only planned counts in neither.",
    )

    # ----------------------------------------------------------------- computes
    @api.depends("suggestion_ids.commercial_partner_id", "suggestion_ids.exclusion")
    def _compute_weight(self):
        """How many ask for it, over all teams: numbers, not who."""
        self.env["crm.complaint"].flush_model(
            ["idea_id", "commercial_partner_id", "exclusion", "revenue_at_risk"]
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT idea_id, SUM(suggestions), COUNT(partner_id), SUM(revenue)
                  FROM (
                       SELECT idea_id, commercial_partner_id AS partner_id,
                              COUNT(*) AS suggestions,
                              CASE WHEN commercial_partner_id IS NOT NULL THEN
                                   (ARRAY_AGG(COALESCE(revenue_at_risk, 0)
                                              ORDER BY received_at, id))[1] END
                                  AS revenue
                         FROM crm_complaint
                        WHERE idea_id = ANY(%s) AND exclusion IS NULL
                        GROUP BY idea_id, commercial_partner_id
                       ) customer
                 GROUP BY idea_id
                """,
                self._origin.ids,
            )
        )
        weights = {row[0]: row[1:] for row in rows}
        for idea in self:
            suggestions, customers, revenue = weights.get(idea._origin.id, (0, 0, 0))
            idea.suggestion_count = suggestions
            idea.customer_count = customers
            idea.revenue = revenue or 0

    @api.depends("state", "suggestion_ids.told_decision", "suggestion_ids.exclusion")
    def _compute_untold_count(self):
        for idea in self:
            idea.untold_count = len(idea._get_untold())

    @api.depends("state")
    def _compute_adopted_percent(self):
        for idea in self:
            idea.adopted_percent = 100 if idea.state == "adopted" else 0

    def _read_group_select(self, aggregate_spec, query):
        """The share of the decided, not of all."""
        if aggregate_spec != "adopted_percent:avg":
            return super()._read_group_select(aggregate_spec, query)
        return SQL(
            """
            100.0 * COUNT(*) FILTER (WHERE %(state)s = 'adopted')
            / NULLIF(COUNT(*) FILTER (WHERE %(state)s IN ('adopted', 'declined')), 0)
            """,
            state=self._field_to_sql(self._table, "state", query),
        )

    # -------------------------------------------------------------- constraints
    @api.constrains("user_id", "company_id")
    def _check_user(self):
        for idea in self.filtered("user_id"):
            user = idea.user_id.sudo()
            if user.share or idea.company_id not in user.company_ids:
                raise ValidationError(
                    self.env._(
                        "%(user)s does not work in %(company)s and cannot be "
                        "responsible for its ideas.",
                        user=user.name,
                        company=idea.company_id.name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_undecided(self):
        if self.filtered("decided_at"):
            raise UserError(
                self.env._("An idea that was decided on stays. Archive it instead.")
            )

    # ------------------------------------------------------------------ actions
    def action_plan(self):
        """It will be done, later."""
        self._decide("planned")

    def action_adopt(self):
        """It is done."""
        self._decide("adopted")

    def action_decline(self):
        """It will not be done."""
        self._decide("declined")

    def action_decide_again(self):
        """Think about it once more; what customers were told stays told."""
        self._check_may_decide()
        if self.filtered(lambda one: one.state == "new"):
            raise UserError(self.env._("Nothing has been decided yet."))
        self.sudo().write({"state": "new", "decided_at": False, "decided_by_id": False})

    def action_tell(self):
        """Tell those who suggested it after the decision."""
        self._check_may_decide()
        for idea in self:
            if idea.state not in DECISIONS:
                raise UserError(self.env._("Nothing has been decided yet."))
            idea._tell()

    def action_open_suggestions(self):
        """Everything that was suggested and belongs here."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_complaints.crm_complaint_action_suggestion"
        )
        action["domain"] = [("idea_id", "=", self.id)]
        action["context"] = {"default_type": "suggestion", "default_idea_id": self.id}
        return action

    # ----------------------------------------------------------------- deciding
    def _check_may_decide(self):
        self.check_access("write")
        if not self.env.su and not self.env.user.has_group(LEADER_GROUP):
            raise AccessError(self.env._("Only team leaders decide on ideas."))

    def _decide(self, state):
        """Keep the decision and tell everybody who suggested it.

        :raise UserError: without an answer, or when it is decided so already
        """
        self._check_may_decide()
        for idea in self:
            if idea.state == state:
                raise UserError(
                    self.env._("“%(idea)s” is decided so already.", idea=idea.name)
                )
            if not (idea.answer or "").strip():
                raise UserError(
                    self.env._(
                        "Write the answer to the customers first: what you do about "
                        "“%(idea)s”, or why not.",
                        idea=idea.name,
                    )
                )
            idea.sudo().write(
                {
                    "state": state,
                    "decided_at": fields.Datetime.now(),
                    "decided_by_id": self.env.uid,
                }
            )
            idea._tell()

    def _get_untold(self):
        """The suggestions, of all teams, whose customer does not know the decision."""
        self.ensure_one()
        if self.state not in DECISIONS:
            return self.env["crm.complaint"].sudo()
        return self.sudo().suggestion_ids.filtered(
            lambda one: not one.exclusion and one.told_decision != self.state
        )

    def _tell(self):
        """Tell the decision to everybody who does not know it yet, each once.

        Claimed by the UPDATE: of two people who press the button at once the second has
        to begin anew, and finds that everybody was told.
        """
        self.ensure_one()
        suggestions = self._get_untold()
        self.flush_recordset()
        suggestions.flush_recordset()
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE crm_complaint SET told_decision = %(state)s, told_at = %(now)s
                 WHERE id = ANY(%(ids)s) AND told_decision IS DISTINCT FROM %(state)s
                RETURNING id
                """,
                state=self.state,
                now=fields.Datetime.now(),
                ids=suggestions.ids,
            )
        )
        suggestions.invalidate_recordset(["told_decision", "told_at"])
        told = suggestions.browse(row[0] for row in rows).sorted("id")
        for suggestion in told:
            suggestion._post_decision()
        told._close_answered()

    def _prepare_answer(self):
        """The answer as a message, its first sentence in the language of ``self``."""
        self.ensure_one()
        sentences = {
            "planned": self.env._("Thank you for your suggestion. We plan to do it."),
            "adopted": self.env._("Thank you for your suggestion. We have adopted it."),
            "declined": self.env._(
                "Thank you for your suggestion. We are not going to do it."
            ),
        }
        return Markup("<p>%s</p>%s") % (
            sentences[self.state],
            plaintext2html(self.answer),
        )
