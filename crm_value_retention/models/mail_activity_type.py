from odoo import api, models


class MailActivityType(models.Model):
    _inherit = "mail.activity.type"

    @api.model
    def _get_model_info_by_xmlid(self):
        """The job of retention names its types: Odoo does not let them be deleted."""
        return super()._get_model_info_by_xmlid() | {
            f"crm_value_retention.mail_activity_type_{kind}": {
                "res_model": "res.partner",
                "unlink": False,
            }
            for kind in ("save", "winback", "contact")
        }

    def _get_in_use(self):
        """This type, or the to-do when it is archived."""
        self.ensure_one()
        todo = "mail.mail_activity_data_todo"  # Odoo keeps it from being archived
        return self if self.active else self.env.ref(todo)
