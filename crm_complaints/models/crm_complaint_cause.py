from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CrmComplaintCause(models.Model):
    """Why customers complain: causes and their sub-causes."""

    _name = "crm.complaint.cause"
    _inherit = ["crm.common.mixin", "crm.named.mixin"]
    _description = "Cause of Complaints"
    _order = "complete_name, id"
    _parent_store = True
    _rec_names_search = ["name", "parent_id.name"]

    name = fields.Char(required=True, translate=True)
    complete_name = fields.Char(
        compute="_compute_complete_name", store=True, recursive=True
    )
    parent_id = fields.Many2one(
        "crm.complaint.cause", string="Cause", index=True, ondelete="restrict"
    )
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many("crm.complaint.cause", "parent_id", string="Sub-causes")
    active = fields.Boolean(default=True)
    description = fields.Text(
        translate=True, help="When to choose this cause, for those who classify."
    )

    @api.model
    def _get_naming_fields(self):
        return [
            *super()._get_naming_fields(),
            ("crm.complaint", "cause_id"),
            ("crm.complaint", "main_cause_id"),
            ("crm.complaint.cause", "parent_id"),
            ("crm.complaint.capa", "cause_id"),
        ]

    @api.depends("name", "parent_id.complete_name")
    def _compute_complete_name(self):
        for cause in self:
            names = [cause.parent_id.complete_name, cause.name]
            cause.complete_name = " / ".join(filter(None, names))

    @api.depends("name", "parent_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for cause in self:
            names = [cause.parent_id.name, cause.name]
            cause.display_name = " / ".join(filter(None, names))

    @api.constrains("parent_id")
    def _check_parent(self):
        if self._has_cycle():
            raise ValidationError(self.env._("A cause cannot be its own sub-cause."))
        if self.filtered("parent_id.parent_id"):
            raise ValidationError(
                self.env._("A sub-cause has no sub-causes of its own.")
            )
