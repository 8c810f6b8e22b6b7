from odoo import api, models


class ResourceCalendar(models.Model):
    _name = "resource.calendar"
    _inherit = ["resource.calendar", "crm.named.mixin"]

    @api.model
    def _get_naming_fields(self):
        """The clocks of a service level run by it."""
        return [
            *super()._get_naming_fields(),
            ("crm.complaint.sla.policy", "calendar_id"),
        ]
