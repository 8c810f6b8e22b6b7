from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.crm_value_tiering.models.crm_value_engine import Dimension


class CrmValueParameters(models.AbstractModel):
    _inherit = "crm.value.parameters"
    weight_pipeline = fields.Integer(string="Pipeline (%)", default=0)


class CrmValueProfile(models.Model):
    _inherit = "crm.value.profile"
    score_pipeline = fields.Integer(string="Pipeline", readonly=True)
    pipeline_count = fields.Integer(string="Open Opportunities", readonly=True)

    def _get_measure_text(self, run, code):
        if code == "pipeline":
            return self.env._("open opportunities: %s", self.pipeline_count)
        return super()._get_measure_text(run, code)


class CrmValueEngine(models.AbstractModel):
    _inherit = "crm.value.engine"

    def _get_all_dimensions(self):
        facts, columns = self._get_pipeline_sql, {"pipeline_count": "int4"}
        name, measure = "pipeline_count", SQL("f.pipeline_count")
        own = Dimension("pipeline", measure, name, facts=facts, columns=columns)
        return [*super()._get_all_dimensions(), own]

    def _get_pipeline_sql(self, job):
        return SQL(
            "SELECT commercial_partner_id AS partner_id, COUNT(*)::int AS pipeline_count"
            " FROM crm_lead lead JOIN res_partner partner ON partner.id = partner_id"
            " WHERE lead.active AND won_status = 'pending' AND lead.company_id = %s"
            " GROUP BY commercial_partner_id",
            job.company.id,
        )
