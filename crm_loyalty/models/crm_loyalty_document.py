from odoo import api, fields, models

from ..fields import Points


class CrmLoyaltyDocument(models.Model):
    """An order or invoice that gives points in a program: its terms, and where it is.

    What is posted of it always follows from what the document says now, never from the
    number of times that somebody told us: see :meth:`_update`.
    """

    _name = "crm.loyalty.document"
    _inherit = ["crm.company.mixin", "crm.named.mixin"]
    _description = "Purchase With Points"
    _order = "id desc"

    program_id = fields.Many2one(
        "loyalty.program", required=True, readonly=True, ondelete="restrict"
    )
    member_id = fields.Many2one(
        "crm.loyalty.member",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(readonly=True, ondelete="restrict")
    res_model = fields.Char(required=True, readonly=True)
    res_id = fields.Many2oneReference(
        model_field="res_model", required=True, readonly=True, index=True
    )
    name = fields.Char(readonly=True)
    earn_on = fields.Selection(
        selection="_selection_earn_on",
        required=True,
        readonly=True,
        help="When it gives points: what held when it came.",
    )
    terms = fields.Json(
        readonly=True, help="What counts of it: what held when it came."
    )
    is_live = fields.Boolean(readonly=True, help="It gives points at present.")
    fingerprint = fields.Char(readonly=True)
    base = Points(readonly=True, help="What counts, in the currency's smallest unit.")
    cycle = fields.Integer(readonly=True)
    move_id = fields.Many2one(
        "crm.loyalty.move", readonly=True, index="btree_not_null", ondelete="restrict"
    )

    _document_uniq = models.Constraint(
        "UNIQUE(program_id, res_model, res_id, member_id)",
        "This document gives points already.",
    )

    @api.model
    def _get_naming_fields(self):
        return [*super()._get_naming_fields(), ("crm.loyalty.move", "document_id")]

    @api.model
    def _selection_earn_on(self):
        return self.env["loyalty.program"]._fields["crm_earn_on"].selection

    # --------------------------------------------------------------- what counts
    @api.model
    def _get_role(self, terms, product, line, amount, company):
        """What a line of a document is to the points.

        :param terms: of the document, see ``loyalty.program._get_terms``
        :param line: the sales order line, if there is one
        :return: ``counts``, ``goods``, ``discount``, or None: the line is left out
        """
        reward = line.reward_id
        if line.is_downpayment or reward.program_id.is_payment_program:
            return None  # the goods count, however they are paid
        if line and line in line.order_id._get_no_effect_on_threshold_lines():
            return "counts" if terms["delivery"] else None
        if reward and reward.reward_type == "product":
            return None
        if (
            reward
            or (line and line._is_discount_line())
            or (product and product == company.sale_discount_product_id)
            or (not line and amount < 0)
        ):
            return None if terms["gross"] else "discount"
        if product in self._get_money_products():
            return None
        if terms["categories"] and product.categ_id.id not in terms["categories"]:
            return "goods"
        return "goods" if product.id in terms["excluded"] else "counts"

    @api.model
    def _get_money_products(self):
        """Gift cards and top-ups: money, no goods."""
        return (
            self.env["loyalty.program"]
            .sudo()
            .with_context(active_test=False)
            .search([("program_type", "in", ("gift_card", "ewallet"))])
            .trigger_product_ids
        )
