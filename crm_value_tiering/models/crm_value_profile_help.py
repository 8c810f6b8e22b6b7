from markupsafe import Markup

from odoo import api, models


class CrmValueProfile(models.Model):
    """The empty list of customers offers its managers the way out."""

    _inherit = "crm.value.profile"

    @api.model
    def get_empty_list_help(self, help_message):
        help_message = super().get_empty_list_help(help_message)
        if not self.env["crm.value.setup"].has_access("create"):
            return help_message
        return Markup(
            '%s<p><a type="action" class="btn btn-primary"'
            ' name="crm_value_tiering.crm_value_setup_action">%s</a></p>'
        ) % (Markup(help_message or ""), self.env._("Set Up Customer Value"))
