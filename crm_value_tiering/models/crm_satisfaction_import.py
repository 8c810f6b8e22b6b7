from odoo import api, models
from odoo.exceptions import UserError


class BatchRefusedError(Exception):
    """Some row of an import was refused; which one, the import finds out."""


class CrmSatisfaction(models.Model):
    """Odoo's own import of answers: a template, and no row told wrongly."""

    _inherit = "crm.satisfaction"

    @api.model
    def get_import_templates(self):
        return [
            {
                "label": self.env._("Import template for satisfaction answers"),
                "template": "/crm_value_tiering/static/xls/crm_satisfaction.xlsx",
            }
        ]

    @api.model
    def load(self, fields, data):
        """Import nothing while a value fits several records.

        Odoo warns and takes the first one; what is recorded for the wrong contact could
        not be corrected here.
        """
        with self.env.cr.savepoint() as savepoint:
            result = super().load(fields, data)
            doubts = [
                message
                for message in result["messages"]
                if message["type"] == "warning" and message.get("field")
            ]
            if doubts:
                savepoint.rollback()
                result["ids"] = False
        for message in doubts:
            message["type"] = "error"
            message["message"] = self.env._(
                "%(doubt)s Name the one you mean by e-mail address, reference or "
                "External ID.",
                doubt=message["message"],
            )
        return result

    @api.model
    def _load_records(self, data_list, update=False):
        """Let an import say which row is wrong.

        Odoo repeats a batch row by row when it fails, but shows the message of the whole
        batch at its first row, too, if it was one for users.
        """
        try:
            return super()._load_records(data_list, update)
        except UserError as error:
            if len(data_list) > 1:
                raise BatchRefusedError from error
            raise
