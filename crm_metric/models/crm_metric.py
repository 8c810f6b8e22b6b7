from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.crm_value_tiering.models.crm_limits_mixin import MAX_SEQUENCE

UNITS = [
    ("count", "Number"),
    ("money", "Amount"),
    ("percent", "Percent"),
    ("days", "Days"),
    ("points", "Points"),
]
# What the figures of all companies mean: set by the module that measures them.
DEFINITION = ("code", "unit", "aggregation", "higher_is_better", "is_snapshot")


class CrmMetric(models.Model):
    """A named measure of the business, kept per month, company, team, user and tier.

    A module adds a metric with a record and the method ``_collect_metric_<code>`` of
    ``crm.metric.engine``. Dashboards, targets and whatever else needs the figure read
    ``crm.metric.fact``, so no figure is computed twice.
    """

    _name = "crm.metric"
    _inherit = ["crm.common.mixin", "crm.limits.mixin"]
    _description = "Metric"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(
        required=True,
        readonly=True,
        help="Technical name: the figures come from the method _collect_metric_<code>.",
    )
    description = fields.Text(
        translate=True, help="What is counted, in which period, for whom."
    )
    numerator_label = fields.Char(
        string="What is Divided",
        translate=True,
        help="What the numerator of a ratio is a number of, in the plural, such as "
        "“customers who bought again”: the explanation of a figure says so.",
    )
    denominator_label = fields.Char(
        string="What it is Divided By",
        translate=True,
        help="What the denominator of a ratio is a number of, in the plural.",
    )
    sequence = fields.Integer(default=100, limits=(0, MAX_SEQUENCE))
    active = fields.Boolean(
        default=True, help="The figures of an archived metric are no longer computed."
    )
    unit = fields.Selection(UNITS, required=True, readonly=True, default="count")
    aggregation = fields.Selection(
        [
            ("sum", "Sum"),
            ("stock", "Stock (period end): sum within a month, average over months"),
            ("ratio", "Ratio: sum of numerators by sum of denominators"),
        ],
        string="Totals",
        required=True,
        readonly=True,
        default="sum",
        help="How the figures of several teams, people, tiers or months make one. A "
        "ratio is never averaged: its parts are added and divided.",
    )
    higher_is_better = fields.Boolean(
        readonly=True,
        default=True,
        help="Whether a rise is good news: boards and targets show it so.",
    )
    is_snapshot = fields.Boolean(
        string="Present Only",
        readonly=True,
        help="It can be measured for today only. Past months keep what was measured "
        "while they were the current month.",
    )

    _code_uniq = models.Constraint(
        "UNIQUE (code)", "There is a metric of this technical name already."
    )

    @api.depends("name", "unit")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for metric in self:
            name = metric.name or ""
            if metric.unit == "percent":
                name = self.env._("%(metric)s (%%)", metric=name)
            elif metric.unit == "days":
                name = self.env._("%(metric)s (days)", metric=name)
            metric.display_name = name

    @api.constrains("code")
    def _check_code(self):
        engine = self.env["crm.metric.engine"]
        for metric in self:
            if not engine._get_collector(metric.code):
                raise ValidationError(
                    self.env._(
                        "No figures can be computed for “%(code)s”: metrics come with "
                        "the module that measures them. Archive those you do not need.",
                        code=metric.code,
                    )
                )

    def write(self, vals):
        """Managers name, describe, sort and archive; what a figure means stays."""
        self.check_access("write")
        if not self.env.su and not set(DEFINITION).isdisjoint(vals):
            raise UserError(
                self.env._(
                    "What a metric measures, and how it adds up, comes with the module "
                    "that measures it. You can change its name, description and place."
                )
            )
        return super().write(vals)

    def action_open_facts(self):
        """Open the figures of this metric, month by month."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_metric.crm_metric_fact_action"
        )
        action["display_name"] = self.display_name
        action["domain"] = [("metric_id", "=", self.id)]
        action["context"] = {
            "search_default_year": 1,
            "searchpanel_default_metric_id": self.id,
        }
        action["views"] = [(False, kind) for kind in ("graph", "pivot", "list", "form")]
        return action
