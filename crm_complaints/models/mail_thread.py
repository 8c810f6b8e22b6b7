from odoo import api, models


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def message_route(
        self, message, message_dict, model=None, thread_id=None, custom_values=None
    ):
        """Keep programs and strangers out of requests."""
        routes = super().message_route(
            message, message_dict, model, thread_id, custom_values
        )
        return self.env["crm.complaint.intake"]._filter_routes(
            message, message_dict, routes
        )
