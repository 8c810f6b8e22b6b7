import tempfile

from werkzeug.wsgi import wrap_file

from odoo import http
from odoo.http import content_disposition, request

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ValueExport(http.Controller):
    @http.route(
        "/crm_value_tiering/export/<int:export_id>",
        type="http",
        auth="user",
        methods=["GET"],
    )
    def download(self, export_id):
        """Send the workbook requested with the button of a list.

        The rules of the model decide whose request it may be, and the rights of the
        user, at this moment, what is in it.
        """
        if request.httprequest.method == "OPTIONS":  # Odoo lets it through
            return request.make_response("", headers=[("Allow", "GET, HEAD")])
        export = request.env["crm.value.export"].browse(export_id)
        export._check_may_export()
        if not export.exists():
            raise request.not_found()
        # A file without a name: gone when it has been sent, or when sending breaks.
        output = tempfile.TemporaryFile()
        try:
            export._write_xlsx(output)
        except BaseException:
            output.close()
            raise
        size = output.tell()
        output.seek(0)
        return request.make_response(
            wrap_file(request.httprequest.environ, output),
            headers=[
                ("Content-Type", XLSX),
                ("Content-Length", str(size)),
                ("Content-Disposition", content_disposition(export._get_filename())),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )
