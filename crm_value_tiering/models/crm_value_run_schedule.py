from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL


class CrmValueRun(models.Model):
    """When the nightly scheduled action computes a company again."""

    _inherit = "crm.value.run"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _get_companies_to_compute(self):
        """Those whose schedule asks for a computation today."""
        companies = self._get_companies_with_value()
        last = self._get_last_as_of(companies, kinds=("full", "look"))
        return companies.filtered(
            lambda company: self._is_due(company, last.get(company.id))
        )

    @api.model
    def _is_due(self, company, last):
        """Whether the schedule of ``company`` asks for a computation today.

        Once per day, week (from Monday) or month (from the first). A computation by hand
        counts; one of an earlier day does so for the period of that day only, so the
        tiers come back to the present by themselves.

        :param last: as-of date of the latest computation of all customers, or None
        """
        today = company._get_value_today()
        policy = self.env["crm.value.policy"].sudo()._find_for_company(company, today)
        start = {
            "daily": lambda day: day,
            "weekly": lambda day: day - timedelta(days=day.weekday()),
            "monthly": lambda day: day.replace(day=1),
        }[policy.schedule or "monthly"]
        return not last or start(last) != start(today)

    @api.model
    def _get_last_as_of(self, companies, kinds=("full", "changes")):
        """As-of date of the latest finished computation, by id of the company: by
        default of those that are in the history."""
        self.flush_model(["company_id", "as_of", "state", "kind"])
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT DISTINCT ON (company_id) company_id, as_of
                      FROM crm_value_run
                     WHERE company_id = ANY(%s) AND state = 'done' AND kind = ANY(%s)
                     ORDER BY company_id, id DESC
                    """,
                    companies.ids,
                    list(kinds),
                )
            )
        )

    # --------------------------------------------------------------------- cron
    @api.model
    def _cron_recompute(self):
        """Compute every company that sells, one transaction each."""
        companies = self._get_companies_to_compute()
        done = self.search_read(
            [
                ("company_id", "in", companies.ids),
                (
                    "started_at",
                    ">",
                    fields.Datetime.subtract(fields.Datetime.now(), hours=1),
                ),
                ("state", "=", "done"),
            ],
            ["company_id"],
        )
        remaining = companies - companies.browse({run["company_id"][0] for run in done})
        self._run_each(
            remaining,
            lambda company: self._recompute_company(
                company, company._get_value_today()
            ),
        )

    @api.model
    def _get_companies_with_value(self):
        """Hook: main companies with sales, or with profiles already."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT company.id FROM res_company company
                 WHERE company.active AND company.parent_id IS NULL AND (
                       %s
                    OR EXISTS (SELECT FROM crm_value_profile
                                WHERE company_id = company.id))
                 ORDER BY company.id
                """,
                self.env["crm.value.source"]._get_selling_sql(),
            )
        )
        return self.env["res.company"].browse(row[0] for row in rows)

    @api.model
    def _recompute_changes(self, company, as_of):
        """Compute the customers of ``company`` that changed, as of ``as_of``.

        All of them, when there is nothing to measure with: no computation yet, a later
        one, one by an earlier version of the module, or a value model or a currency of
        the company that has changed since. Neither is there, and figures of two times
        would stand side by side, after somebody has looked at the past: the present comes
        back with all customers, an hour later at the earliest.

        :return: the run; nothing when nobody changed or a computation is under way
        """
        base = self._get_base(company)
        if base._is_look_back():
            hour_ago = fields.Datetime.subtract(fields.Datetime.now(), hours=1)
            if base.started_at > hour_ago:
                return self.browse()
            return self._recompute_company(company, as_of)
        policy = self.env["crm.value.policy"].sudo()._get_for_company(company, as_of)
        if (
            not base
            or base.as_of > as_of
            or self._has_changed_currency(company, base)
            or base.parameters != self._as_stored(policy._get_parameters())
            or not self.env["crm.value.engine"]._can_apply(base)
        ):
            return self._recompute_company(company, as_of)
        if not self._try_lock(company):
            return self.browse()
        scope = self.env["crm.value.dirty"].sudo()._create_scope(company)
        self._add_recent(company, base, as_of)
        count = self.env.execute_query(
            SQL("SELECT COUNT(*) FROM (%s) customer", scope)
        )[0][0]
        if not count:
            return self.browse()
        self.env.cr.execute("ANALYZE crm_value_scope")
        return self._execute(company, policy, as_of, scope=scope, base=base)

    @api.model
    def _has_changed_currency(self, company, base):
        """Whether the amounts of ``base`` are in an earlier currency of ``company``."""
        since = company.sudo().crm_value_currency_since
        return bool(since and base.started_at <= since)

    @api.model
    def _get_base(self, company):
        """The last computation of all customers of ``company``, of whatever day."""
        return self.sudo().search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "done"),
                ("kind", "in", ("full", "look")),
            ],
            order="id desc",
            limit=1,
        )

    def _is_looking(self, company):
        """Whether the profiles of ``company`` show a look at the past; with a run, whether
        they did before it."""
        earlier = [("id", "<", self.id)] if self else []
        return (
            self.sudo()
            .search(
                [("company_id", "=", company.id), ("state", "=", "done"), *earlier],
                order="id desc",
                limit=1,
            )
            .kind
            == "look"
        )

    @api.model
    def _come_back(self, company):
        """End a look at the past: whoever keeps what the profiles of ``company`` say, or
        acts on it, calls this first."""
        if self._is_looking(company):
            self._recompute_company(company, company._get_value_today())

    def _is_look_back(self):
        """Whether the run was for a day that was over when it was made.

        A base of the present may be a month old, by the company's schedule, and
        customers who changed are still measured with it.
        """
        return any(
            run.as_of < run.company_id._get_value_day(run.started_at) for run in self
        )

    @api.model
    def _as_stored(self, value):
        """``value`` as a Json field gives it back."""
        return self._fields["parameters"].convert_to_cache(value, self)

    @api.model
    def _add_recent(self, company, base, as_of):
        """Add customers with documents dated since the last computation."""
        since = self._get_last_as_of(company)[company.id]
        self.env["crm.value.source"]._flush_source()
        recent = self.env["crm.value.source"]._get_recent_sql(
            base.parameters["source"], company, since, as_of
        )
        self.env.cr.execute(
            SQL(
                "INSERT INTO crm_value_scope SELECT DISTINCT partner_id FROM (%s) recent"
                " WHERE partner_id NOT IN (SELECT partner_id FROM crm_value_scope)",
                recent,
            )
        )

    @api.model
    def _cron_recompute_changes(self):
        """Compute what changed in every company that has been computed before."""
        companies = self.env["res.company"].browse(
            row[0]
            for row in self.env.execute_query(
                SQL(
                    """
                    SELECT DISTINCT run.company_id
                      FROM crm_value_run run
                      JOIN res_company company ON company.id = run.company_id
                     WHERE company.active AND run.state = 'done'
                     ORDER BY run.company_id
                    """
                )
            )
        )
        self._run_each(
            companies,
            lambda company: self._recompute_changes(
                company, company._get_value_today()
            ),
            repeat=False,  # the queue is as it was: the next hour's job takes it
        )
