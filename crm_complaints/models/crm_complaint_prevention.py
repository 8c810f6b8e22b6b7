from odoo import api, fields, models

from .crm_complaint import INSIDE_GROUPS

# What decides whether a request is the same trouble as an action is about.
SAME_TROUBLE = {"type", "cause_id", "product_id", "received_at", "order_line_id"}


class CrmComplaint(models.Model):
    """The step after the last one: that it does not happen to somebody else."""

    _inherit = "crm.complaint"  # pylint: disable=consider-merging-classes-inherited

    capa_ids = fields.Many2many(
        "crm.complaint.capa",
        "crm_complaint_capa_rel",
        "complaint_id",
        "capa_id",
        string="Corrective Actions",
        copy=False,
        groups=INSIDE_GROUPS,
    )
    capa_count = fields.Integer(compute="_compute_capa_count", groups=INSIDE_GROUPS)

    @api.depends("capa_ids")
    def _compute_capa_count(self):
        for complaint in self:
            complaint.capa_count = len(complaint.capa_ids)

    @api.model_create_multi
    def create(self, vals_list):
        complaints = super().create(vals_list)
        self.env["crm.complaint.capa"]._note_recurrence(complaints)
        return complaints

    def write(self, vals):
        result = super().write(vals)
        if SAME_TROUBLE & vals.keys():
            self.env["crm.complaint.capa"]._note_recurrence(self)
        return result

    def action_corrective(self):
        """Begin an action against the cause of these requests."""
        cause = self.cause_id[:1] or self.main_cause_id[:1]
        template = self.env["crm.complaint.capa.template"]._get_for(cause)
        product = self.product_id if len(self.product_id) == 1 else False
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Corrective Action"),
            "res_model": "crm.complaint.capa",
            "views": [(False, "form")],
            "context": {
                "default_company_id": self.company_id[:1].id,
                "default_cause_id": cause.id,
                "default_template_id": template.id,
                "default_product_id": product and product.id,
                "default_complaint_ids": self.ids,
            },
        }

    def action_open_corrective(self):
        """The actions that this request led to."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Corrective Actions"),
            "res_model": "crm.complaint.capa",
            "views": [(False, "list"), (False, "form")],
            "domain": [("complaint_ids", "in", self.ids)],
        }
