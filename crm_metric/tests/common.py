from odoo.addons.crm_value_tiering.tests.common import ValueCommon


class MetricCommon(ValueCommon):
    """Shortcuts to compute metrics and to read a figure as a dashboard would."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.facts = cls.env["crm.metric.fact"]
        cls.metric_runs = cls.env["crm.metric.run"]

    @classmethod
    def _measure(cls, date_from=None, date_to=None, company=None):
        """Compute the months; a failed computation fails the test."""
        runs = cls.metric_runs.recompute(
            company or cls.company, date_from or cls.as_of, date_to or cls.as_of
        )
        for run in runs:
            if run.state != "done":
                raise AssertionError(f"The computation failed: {run.error}")
        return runs

    @classmethod
    def _get_facts(cls, code, month=None):
        return cls.facts.search(
            [
                ("metric_id.code", "=", code),
                ("date", "=", (month or cls.as_of).replace(day=1)),
                ("company_id", "=", cls.company.id),
            ]
        )

    @classmethod
    def _figure(cls, code, month=None, company=None, groupby=(), **dimensions):
        """The total of a metric in a month (default: that of ``as_of``).

        :param groupby: group by this field: a dict instead of a figure
        """
        month = (month or cls.as_of).replace(day=1)
        domain = [
            ("metric_id.code", "=", code),
            ("date", "=", month),
            ("company_id", "=", (company or cls.company).id),
            *((name, "=", value.id) for name, value in dimensions.items()),
        ]
        if not groupby:
            group = cls.facts.formatted_read_group(domain, [], ["value:avg"])[0]
            return group["value:avg"]
        return {
            group[groupby][0] if group[groupby] else False: group["value:avg"]
            for group in cls.facts.formatted_read_group(
                domain, [groupby], ["value:avg"]
            )
        }
