from datetime import datetime

import pytz

from odoo import api, fields, models, tools
from odoo.exceptions import UserError
from odoo.tools import SQL


class ResCompany(models.Model):
    _inherit = "res.company"

    crm_value_currency_since = fields.Datetime(
        groups="crm_value_tiering.group_value_manager",
        string="Currency Changed",
        readonly=True,
        copy=False,
        help="When the company last changed its currency: orders from before keep an "
        "exchange rate to the earlier one.",
    )

    def write(self, vals):
        changed = self.browse()
        if "currency_id" in vals:
            changed = self.filtered(lambda c: c.currency_id.id != vals["currency_id"])
        result = super().write(vals)
        if changed:
            changed.sudo().crm_value_currency_since = fields.Datetime.now()
        return result

    def _get_value_root(self):
        """The companies as customers know them: a branch is part of its main company.

        Value, tiers and metrics are those of main companies. What happens in a branch
        counts there, and is read from there.
        """
        return self.sudo().root_id.with_env(self.env)

    @tools.ormcache("self.id")
    def _get_value_company_ids(self):
        """Ids of the company and of all its branches: whose documents count for it."""
        companies = self.sudo().with_context(active_test=False)
        return companies.search([("id", "child_of", self.ids)]).ids

    @api.model
    def _get_value_root_sql(self, alias):
        """SQL: id of the main company of ``alias``, a row of res_company."""
        return SQL("split_part(%s, '/', 1)::int", SQL.identifier(alias, "parent_path"))

    def _get_value_timezone(self):
        """Name of the time zone in which the company's days begin and end.

        Its contact's, else its working hours', else UTC: jobs run for the company, not
        for whoever happens to start them, so the user's own time zone plays no part.
        A name that is not known any more, as a restored database may hold, counts as
        none: one company's must not stop the jobs of all others.
        """
        names = self._get_value_timezones()
        return next((n for n in names if n in pytz.all_timezones_set), "UTC")

    def _get_value_timezones(self):
        """The names of time zones that may be chosen for the company, the first first;
        one by one, since the second is hardly ever read."""
        self.ensure_one()
        company = self.sudo()
        yield company.partner_id.tz
        yield company.resource_calendar_id.tz

    def _get_value_timezone_warning(self):
        """A sentence when the time zone that was chosen is not the one in use."""
        used = self._get_value_timezone()
        chosen = next(filter(None, self._get_value_timezones()), used)
        if chosen == used:
            return ""
        return self.env._(
            "The time zone “%(name)s” of %(company)s is not known, so days begin and end "
            "as in “%(used)s”. Choose another one on the contact of the company.",
            name=chosen,
            company=self.sudo().name,
            used=used,
        )

    def _get_value_today(self):
        """Today's date in the company's time zone."""
        return self._get_value_day(fields.Datetime.now())

    def _get_value_day(self, moment):
        """The company's local day of ``moment``, a naive UTC timestamp."""
        self.ensure_one()
        zone = pytz.timezone(self._get_value_timezone())
        return moment.replace(tzinfo=pytz.utc).astimezone(zone).date()

    def _get_value_day_start(self, day):
        """UTC timestamp at which the company's local ``day`` begins."""
        self.ensure_one()
        zone = pytz.timezone(self._get_value_timezone())
        midnight = zone.localize(datetime.combine(day, datetime.min.time()))
        return midnight.astimezone(pytz.utc).replace(tzinfo=None)

    def _get_value_day_end(self, day):
        """UTC timestamp at which the company's local ``day`` is over."""
        return self._get_value_day_start(fields.Date.add(day, days=1))

    @api.model
    def _parse_value_day(self, day):
        """The day that a caller means, perhaps a remote one who sends text.

        :return: a date, or None when ``day`` was left out
        :raise UserError: when it is no date
        """
        try:
            # Odoo reads the first ten characters and drops the others
            if isinstance(day, str) and len(day) not in (0, 10):
                raise ValueError(day)
            return fields.Date.to_date(day)
        except (TypeError, ValueError) as error:
            raise UserError(
                self.env._(
                    "“%(date)s” is not a date: write it as 2026-06-30, or leave it out.",
                    date=day,
                )
            ) from error
