from odoo import fields, models


class CrmValueExport(models.TransientModel):
    _inherit = "crm.value.export"

    res_model = fields.Selection(
        selection_add=[
            ("crm.incentive.statement", "Incentive Statements"),
            ("crm.incentive.simulation.row", "Incentive Simulation"),
        ],
        ondelete={
            "crm.incentive.statement": "cascade",
            "crm.incentive.simulation.row": "cascade",
        },
    )
