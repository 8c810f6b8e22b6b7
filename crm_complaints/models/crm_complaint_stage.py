from odoo import api, fields, models
from odoo.exceptions import UserError

# States of a request that somebody still has to work on.
OPEN_STATES = ("open", "waiting")


class CrmComplaintStage(models.Model):
    """One of the steps that a request goes through."""

    _name = "crm.complaint.stage"
    _description = "Step of Requests"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    description = fields.Text(
        translate=True, help="What is done in this step. Shown above the columns."
    )
    fold = fields.Boolean(string="Folded", help="The column is folded in the board.")
    is_closed = fields.Boolean(
        string="Closed", help="Requests in this step are finished: their clocks stop."
    )
    may_wait = fields.Boolean(
        help="In this step a request may wait for the customer or a third party: its "
        "working-hours clocks pause.",
    )
    rotting_threshold_days = fields.Integer(
        string="Days to Rot",
        default=0,
        help="Requests that stay longer than this in the step are marked. 0: never.",
    )
    gate_ids = fields.One2many(
        "crm.complaint.gate", "stage_id", string="Entry Conditions"
    )
    public_name = fields.Char(
        translate=True,
        help="What customers read on the portal. Empty: the name of the step.",
    )

    _rotting_range = models.Constraint(
        "CHECK (rotting_threshold_days BETWEEN 0 AND 3650)",
        "A step rots after 0 to 3650 days.",
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        used = self.env["crm.complaint"].sudo().with_context(active_test=False)
        if used.search_count([("stage_id", "in", self.ids)], limit=1):
            raise UserError(
                self.env._("Requests are in this step: move them to another one first.")
            )

    @api.model
    def _get_all(self):
        """All steps in their order: a handful."""
        return self.search([])  # pylint: disable=no-search-all

    @api.model
    def _get_gates(self):
        """The conditions of all steps, also for who may not read them."""
        return self.sudo()._get_all().gate_ids

    @api.model
    def _get_first(self):
        return self.search([("is_closed", "=", False)], limit=1)

    @api.model
    def _get_closed(self):
        return self.search([("is_closed", "=", True)], limit=1)
