from odoo import api, fields, models


class CrmIncentiveTry(models.TransientModel):
    """Three numbers, and what a version of a plan would pay for them."""

    _name = "crm.incentive.try"
    _inherit = "crm.incentive.case.mixin"
    _description = "Try a Plan"

    version_id = fields.Many2one(required=True, ondelete="cascade")
    amount_1 = fields.Monetary(default=8000)
    amount_2 = fields.Monetary(default=3000)
    amount_3 = fields.Monetary(default=-500)
    result_html = fields.Html(
        string="Result",
        compute="_compute_result_html",
        sanitize=False,  # of a template, which escapes whatever it is given
    )

    @api.depends(
        "version_id", "amount_1", "amount_2", "amount_3", "tier_id", "is_new",
        "is_complex", "lifetime_value", "recent_orders",
    )  # fmt: skip
    @api.depends_context("lang")
    def _compute_result_html(self):
        for case in self:
            case.result_html = case.version_id and self.env["ir.qweb"]._render(
                "crm_value_tiering.explanation", {"why": case._get_why()}
            )

    def _get_why(self):
        case = self
        case.version_id.check_access("read")
        case._check_case()
        lines = case._get_case_lines()
        texts = self.env["crm.explanation.mixin"]
        currency = case.currency_id
        rules = self.env["crm.incentive.rule"].browse(line["rule_id"] for line in lines)
        total = sum(line["amount"] for line in lines)
        table = texts._prepare_table(
            [
                ("number", self.env._("Amount")),
                ("rule", self.env._("Rule")),
                ("how", self.env._("How")),
                ("amount", self.env._("Pays"), "end"),
            ],
            [
                {
                    "number": texts._format_money(
                        case._get_amounts()[line["number"] - 1], currency
                    ),
                    "rule": rule.name,
                    "how": self.env["crm.incentive.line"]._get_formula(
                        rule, line, currency
                    ),
                    "amount": texts._format_money(float(line["amount"]), currency),
                }
                for rule, line in zip(rules, lines, strict=True)
            ],
            total={
                "number": self.env._("Total"),
                "amount": texts._format_money(float(total), currency),
            },
        )
        empty = [] if lines else [self.env._("No rule of the version fits these.")]
        return {"summary": empty, "tables": [table], "values": [], "notes": []}
