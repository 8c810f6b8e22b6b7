from odoo import fields, models
from odoo.exceptions import UserError


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "crm.incentive.document.mixin"]

    incentive_split_ids = fields.One2many(
        "crm.incentive.split",
        "order_id",
        string="Shared by",
        groups="crm_team_incentives.group_incentive_user",
        help="Who shares the order. Empty: as its opportunity, else the salesperson.",
    )
    incentive_evaluation_ids = fields.One2many(
        "crm.incentive.evaluation",
        "order_id",
        string="Evaluations",
        groups="crm_team_incentives.group_incentive_user",
    )

    def _mark_value_dirty(self):
        result = super()._mark_value_dirty()
        decided = self.filtered(lambda order: order.state in ("sale", "cancel"))
        self.env["crm.incentive.event"]._mark("order", decided.ids)
        self.env["crm.incentive.event"]._mark("complex", decided.ids)
        return result

    def action_evaluate_complexity(self):
        """Open the evaluation of the order, a new one if there is none."""
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group("crm_team_incentives.group_incentive_user"):
            raise UserError(self.env._("Your role does not evaluate solutions."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Evaluation"),
            "res_model": "crm.incentive.evaluation",
            "res_id": self.incentive_evaluation_ids[:1].id,
            "views": [(False, "form")],
            "context": {"default_order_id": self.id},
        }

    def _get_incentive_case(self):
        self.ensure_one()
        if self.state not in ("draft", "sent"):
            return None
        company = self.company_id
        amount = self.currency_id._convert(
            self.amount_untaxed,
            company.currency_id,
            company,
            company._get_value_today(),
        )
        kinds = ["order", "invoice", "payment"]
        if self.sudo().incentive_evaluation_ids.filtered(
            lambda one: one.state == "approved"
        ):
            kinds.append("complex")
        people = self._get_incentive_people(self.user_id, self.team_id)
        lead = self.sudo().opportunity_id
        if not self.sudo().incentive_split_ids and lead.incentive_split_ids:
            people = lead._get_incentive_people(self.user_id, self.team_id)
        return {
            "company": company,
            "amount": amount,
            "partner": self.partner_id,
            "kinds": kinds,
            "people": people,
        }
