from datetime import datetime

import pytz

from odoo import fields, models


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
        self.ensure_one()
        now = fields.Datetime.now().replace(tzinfo=pytz.utc)
        return now.astimezone(pytz.timezone(self._get_value_timezone())).date()

    def _get_value_day_end(self, day):
        """UTC timestamp at which the company's local ``day`` is over."""
        self.ensure_one()
        zone = pytz.timezone(self._get_value_timezone())
        midnight = datetime.combine(fields.Date.add(day, days=1), datetime.min.time())
        return zone.localize(midnight).astimezone(pytz.utc).replace(tzinfo=None)
