from datetime import datetime

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class ResCompany(models.Model):
    _inherit = "res.company"

    def _get_value_timezone(self):
        """Name of the time zone in which the company's days begin and end.

        Its contact's, else its working hours', else UTC: jobs run for the company, not
        for whoever happens to start them, so the user's own time zone plays no part.
        """
        self.ensure_one()
        company = self.sudo()
        return company.partner_id.tz or company.resource_calendar_id.tz or "UTC"

    def _get_value_today(self):
        """Today's date in the company's time zone."""
        return self._get_value_day(fields.Datetime.now())

    def _get_value_day(self, moment):
        """The company's local day of ``moment``, a naive UTC timestamp."""
        self.ensure_one()
        zone = pytz.timezone(self._get_value_timezone())
        return moment.replace(tzinfo=pytz.utc).astimezone(zone).date()

    def _get_value_day_end(self, day):
        """UTC timestamp at which the company's local ``day`` is over."""
        self.ensure_one()
        zone = pytz.timezone(self._get_value_timezone())
        midnight = datetime.combine(fields.Date.add(day, days=1), datetime.min.time())
        return zone.localize(midnight).astimezone(pytz.utc).replace(tzinfo=None)

    @api.model
    def _parse_value_day(self, day):
        """The day that a caller means, perhaps a remote one who sends text.

        :return: a date, or None when ``day`` was left out
        :raise UserError: when it is no date
        """
        try:
            return fields.Date.to_date(day)
        except (TypeError, ValueError) as error:
            raise UserError(
                self.env._(
                    "“%(date)s” is not a date: write it as 2026-06-30, or leave it out.",
                    date=day,
                )
            ) from error

    def _try_lock_value_job(self, job):
        """Take the company's lock of a job until the end of the transaction.

        Whoever finds it taken leaves the company to the one who is at it. Each job has
        a lock of its own: different ones of a company go on side by side.

        :param job: name of the model whose job it is
        :return: whether the lock was free
        """
        self.ensure_one()
        # Two keys: no lock of Odoo's own, which has one, is ever meant.
        return self.env.execute_query(
            SQL("SELECT pg_try_advisory_xact_lock(hashtext(%s), %s)", job, self.id)
        )[0][0]
