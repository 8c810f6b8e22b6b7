from odoo import fields, models
from odoo.tools import SQL


class CrmMetricCohort(models.Model):
    """How many customers of a month bought again, month by month since.

    A row per company, month of the first purchase, tier of today and number of months
    since, also for months without purchases: the share needs them. Written by
    ``crm.metric.engine`` in SQL, with the metrics of the current month.
    """

    _name = "crm.metric.cohort"
    _description = "Customer Cohort"
    _order = "date desc, months, id"
    _rec_name = "date"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(
        "res.currency", required=True, readonly=True, ondelete="restrict"
    )
    date = fields.Date(
        string="First Purchase",
        required=True,
        readonly=True,
        help="First day of the month in which these customers bought for the first time.",
    )
    months = fields.Integer(
        string="Months Since",
        readonly=True,
        aggregator=None,
        help="0 is the month of the first purchase itself.",
    )
    tier_id = fields.Many2one(
        "crm.value.tier",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The customers' current tier. Whoever goes on buying is in a better one: "
        "lines of different tiers describe the tiers, they do not predict.",
    )
    tier_color = fields.Integer(related="tier_id.color")
    size = fields.Integer(
        readonly=True, aggregator=None, help="Customers who first bought in that month."
    )
    new_customers = fields.Integer(
        readonly=True, help="Those who first bought in that month, counted in month 0."
    )
    buyers = fields.Integer(readonly=True, help="Of these, in that month.")
    share = fields.Float(
        string="Bought (%)",
        digits=(6, 1),
        readonly=True,
        aggregator="avg",
        help="Customers who bought in that month, in percent of those who began. Totals "
        "are added customers by added customers, not averages.",
    )
    revenue = fields.Monetary(readonly=True, help="Untaxed revenue less refunds.")

    _key_uniq = models.UniqueIndex(
        "(company_id, date, months, COALESCE(tier_id, 0))",
        "There is one row per company, month of the first purchase, month since and tier.",
    )

    def _read_group_select(self, aggregate_spec, query):
        """Shares are never averaged: the parts are added and divided."""
        if aggregate_spec not in ("share:sum", "share:avg"):
            return super()._read_group_select(aggregate_spec, query)
        return SQL(
            "100.0 * SUM(%s) / NULLIF(SUM(%s), 0)",
            self._field_to_sql(self._table, "buyers", query),
            self._field_to_sql(self._table, "size", query),
        )
