from odoo import api, fields, models

from odoo.addons.crm_value_tiering.models.crm_limits_mixin import MAX_SEQUENCE

KINDS = [
    ("corrective", "Corrective"),
    ("preventive", "Preventive"),
]
# How long an action is watched: shorter shows nothing, longer nobody waits for.
WINDOW = (7, 730)
MAX_DUE_DAYS = 730


class CrmComplaintCapaTemplate(models.Model):
    """What usually helps against a cause: the beginning of a corrective action."""

    _name = "crm.complaint.capa.template"
    _inherit = ["crm.common.mixin", "crm.limits.mixin"]
    _description = "Template of Corrective Actions"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10, limits=(0, MAX_SEQUENCE))
    cause_id = fields.Many2one(
        "crm.complaint.cause",
        index=True,
        ondelete="cascade",
        help="Proposed for actions against this cause and its sub-causes. Empty: for "
        "every cause.",
    )
    kind = fields.Selection(KINDS, required=True, default="corrective")
    plan = fields.Html(
        string="Steps",
        translate=True,
        help="Copied into the action, and changed there.",
    )
    due_days = fields.Integer(
        string="Days to Carry Out", default=30, required=True, limits=(0, MAX_DUE_DAYS)
    )
    window_days = fields.Integer(
        string="Days to Watch",
        default=90,
        required=True,
        limits=WINDOW,
        help="How long after the action complaints are counted, and as long before it.",
    )

    @api.model
    def _get_for(self, cause):
        """The template of the cause, else that of the cause above it, else of none."""
        found = self.search(
            [("cause_id", "in", [*(cause | cause.parent_id).ids, False])]
        )
        for wanted in (cause, cause.parent_id):
            matching = found.filtered(lambda one, at=wanted: one.cause_id == at)
            if matching:
                return matching[0]
        return found.filtered(lambda one: not one.cause_id)[:1]
