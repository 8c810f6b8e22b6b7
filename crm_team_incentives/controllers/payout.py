import csv
import io

from odoo import http
from odoo.exceptions import UserError
from odoo.http import content_disposition, request

from odoo.addons.crm_value_tiering.wizards.crm_value_export import EXPORT_GROUP

# What a spreadsheet takes for a formula at the beginning of a cell.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Payout(http.Controller):
    @http.route(
        "/crm_team_incentives/payout/<int:period_id>",
        type="http",
        auth="user",
        methods=["GET"],
    )
    def download(self, period_id):
        """Send what payroll pays, as CSV: the rights are those of the user, now."""
        if not request.env.user.has_group(EXPORT_GROUP):
            raise request.not_found()
        period = request.env["crm.incentive.period"].search([("id", "=", period_id)])
        if not period:
            raise request.not_found()
        if period.state not in ("approved", "paid"):
            raise UserError(period.env._("Only an approved period is paid."))
        output = io.StringIO()
        writer = csv.writer(output)
        writer.writerow(["period", "login", "name", "currency", "amount"])
        for one in period.statement_ids.sorted("id"):
            amount = one.paid_amount if period.state == "paid" else one.due_amount
            writer.writerow(
                [
                    period.date_from.isoformat(),
                    guard(one.user_id.login),
                    guard(one.user_id.name),
                    guard(one.currency_id.name),
                    f"{amount:.{one.currency_id.decimal_places}f}",
                ]
            )
        name = f"payout {period.date_from.isoformat()}.csv"
        return request.make_response(
            # The mark tells Excel that names are in UTF-8.
            ("\ufeff" + output.getvalue()).encode(),
            headers=[
                ("Content-Type", "text/csv; charset=utf-8"),
                ("Content-Disposition", content_disposition(name)),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )


def guard(text):
    """``text`` so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text and text.startswith(FORMULA) else text or ""
