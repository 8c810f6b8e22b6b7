from odoo import api, fields, models

from odoo.addons.crm_value_tiering.models.crm_limits_mixin import MAX_SEQUENCE

# States of a request that somebody still has to work on.
OPEN_STATES = ("open", "waiting")


class CrmComplaintStage(models.Model):
    """One of the steps that a request goes through."""

    _name = "crm.complaint.stage"
    _inherit = ["crm.common.mixin", "crm.limits.mixin", "crm.named.mixin"]
    _description = "Step of Requests"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10, limits=(0, MAX_SEQUENCE))
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
        limits=(0, 3650),
        help="Requests that stay longer than this in the step are marked. 0: never.",
    )
    gate_ids = fields.One2many(
        "crm.complaint.gate", "stage_id", string="Entry Conditions"
    )
    public_name = fields.Char(
        translate=True,
        help="What customers read on the portal. Empty: the name of the step.",
    )

    @api.model
    def _get_naming_fields(self):
        return [
            *super()._get_naming_fields(),
            ("crm.complaint", "stage_id"),
            ("crm.complaint.passage", "stage_id"),
        ]

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
