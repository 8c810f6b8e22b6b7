import logging
from contextlib import suppress

from werkzeug.exceptions import Forbidden, NotFound

from odoo import http
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.http import request
from odoo.tools import consteq

from odoo.addons.crm_value_tiering.context import OURS
from odoo.addons.portal.controllers.portal import CustomerPortal, pager

_logger = logging.getLogger(__name__)

RATED = "crm_complaint_rated"  # of the session: the requests that it gave marks for
MAX_FILES = 10
MAX_FILE_SIZE = 10 * 1024 * 1024


class ComplaintPortal(CustomerPortal):
    """Pages of customers about their requests.

    Reading is GET, whatever changes something is POST with a CSRF token. Portal users
    have no right to the model: each page asks :meth:`_find_complaint` whose it is.
    """

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "complaint_count" in counters:
            values["complaint_count"] = self._get_complaints().search_count(
                self._get_complaint_domain()
            )
        return values

    def _get_complaints(self):
        return request.env["crm.complaint"].sudo()

    def _get_complaint_domain(self):
        return request.env["crm.complaint"]._get_portal_domain(request.env.user)

    def _find_complaint(self, complaint_id, access_token=None, to_write=False):
        """The request, as superuser, for who it belongs to or who has its link.

        :raise NotFound: for everybody else, as if it did not exist
        :raise Forbidden: when somebody else who is logged in wants to change it
        """
        complaint = self._get_complaints().browse(complaint_id).exists()
        if not complaint or complaint.exclusion:
            raise NotFound()
        user = request.env.user
        if not user._is_public():
            if complaint.filtered_domain(self._get_complaint_domain()):
                return complaint
            if not to_write and complaint.sudo(False).has_access("read"):
                return complaint
        token = complaint.access_token
        if not token or not access_token or not consteq(token, access_token):
            raise NotFound()
        if to_write and not user._is_public():
            raise Forbidden()
        return complaint

    # -------------------------------------------------------------------- reading
    @http.route(
        ["/my/complaints", "/my/complaints/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def portal_my_complaints(self, page=1, filterby="open", **kwargs):
        complaints = self._get_complaints()
        filters = {
            "open": {
                "label": request.env._("Open"),
                "domain": Domain("state", "in", ("open", "waiting")),
            },
            "closed": {
                "label": request.env._("Closed"),
                "domain": Domain("state", "=", "closed"),
            },
            "all": {"label": request.env._("All"), "domain": Domain.TRUE},
        }
        filterby = filterby if filterby in filters else "open"
        domain = self._get_complaint_domain() & filters[filterby]["domain"]
        pages = pager(
            url="/my/complaints",
            url_args={"filterby": filterby},
            total=complaints.search_count(domain),
            page=page,
            step=self._items_per_page,
        )
        values = self._prepare_portal_layout_values()
        values |= {
            "complaints": complaints.search(
                domain,
                order="received_at desc, id desc",
                limit=self._items_per_page,
                offset=pages["offset"],
            ),
            "page_name": "complaint",
            "default_url": "/my/complaints",
            "pager": pages,
            "searchbar_filters": filters,
            "filterby": filterby,
        }
        return request.render("crm_complaints.portal_my_complaints", values)

    @http.route(
        "/my/complaints/<int:complaint_id>",
        type="http",
        auth="public",
        website=True,
        methods=["GET"],
    )
    def portal_my_complaint(self, complaint_id, access_token=None, **kwargs):
        complaint = self._find_complaint(complaint_id, access_token)
        values = self._get_page_view_values(
            complaint,
            access_token,
            {"page_name": "complaint", "complaint": complaint},
            "my_complaints_history",
            False,
            **kwargs,
        )
        values |= {
            # the messages ask for the token, also of the customer who is logged in
            "token": complaint._portal_ensure_token(),
            "may_write": self._may_write(complaint_id, access_token),
            "has_rating": complaint._has_rating(),
            "may_rate": complaint._may_rate(
                complaint.id in request.session.get(RATED, [])
            ),
        }
        return request.render("crm_complaints.portal_my_complaint", values)

    def _may_write(self, complaint_id, access_token):
        try:
            return bool(self._find_complaint(complaint_id, access_token, to_write=True))
        except (NotFound, Forbidden):
            return False

    @http.route(
        "/my/complaints/new", type="http", auth="user", website=True, methods=["GET"]
    )
    def portal_new_complaint(self, error=None, **kwargs):
        return self._render_new_complaint(error, kwargs)

    def _render_new_complaint(self, error, filled):
        values = self._prepare_portal_layout_values()
        customer = request.env.user.partner_id.commercial_partner_id
        values |= {
            "page_name": "complaint_new",
            "error": error,
            "filled": filled,
            "types": request.env["crm.complaint"]
            ._fields["type"]
            ._description_selection(request.env),
            "orders": request.env["sale.order"]
            .sudo()
            .search(
                [
                    ("partner_id", "child_of", customer.id),
                    ("state", "=", "sale"),
                ],
                order="date_order desc",
                limit=50,
            ),
        }
        return request.render("crm_complaints.portal_new_complaint", values)

    # -------------------------------------------------------------------- writing
    @http.route(
        "/my/complaints/new/send",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
    )
    def portal_send_complaint(self, **post):
        order = post.get("order_id", "")
        try:
            files = self._read_files()
            complaint = request.env["crm.complaint"]._file_from_portal(
                request.env.user,
                request.env.company,
                {**post, "order_id": int(order) if order.isdecimal() else False},
            )
        except UserError as error:
            return self._render_new_complaint(str(error), post)
        if files:
            complaint.with_context(
                crm_complaint_silent=OURS, attachments_mime_plainxml=True
            ).message_post(
                body=request.env._("Attachments of the request"),
                attachments=files,
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
                author_id=complaint.partner_id.id,
            )
        complaint._acknowledge()
        return request.redirect(complaint.access_url)

    def _read_files(self):
        """The uploaded files, as (name, content); empty ones are left out."""
        uploads = request.httprequest.files.getlist("attachments")
        if len(uploads) > MAX_FILES:
            raise UserError(
                request.env._("Attach at most %(count)s files.", count=MAX_FILES)
            )
        files = []
        for upload in uploads:
            content = upload.read(MAX_FILE_SIZE + 1)
            if len(content) > MAX_FILE_SIZE:
                raise UserError(
                    request.env._(
                        "“%(name)s” is too large: 10 MB at most.", name=upload.filename
                    )
                )
            if content:
                files.append((upload.filename, content))
        return files

    @http.route(
        "/my/complaints/<int:complaint_id>/close",
        type="http",
        auth="public",
        website=True,
        methods=["POST"],
    )
    def portal_close_complaint(self, complaint_id, access_token=None, **post):
        complaint = self._find_complaint(complaint_id, access_token, to_write=True)
        return self._do(complaint, access_token, complaint._close_from_portal)

    @http.route(
        "/my/complaints/<int:complaint_id>/rate",
        type="http",
        auth="public",
        website=True,
        methods=["POST"],
    )
    def portal_rate_complaint(
        self, complaint_id, access_token=None, mark="", feedback="", **post
    ):
        complaint = self._find_complaint(complaint_id, access_token, to_write=True)
        value = int(mark) if mark.isdecimal() and len(mark) == 1 else 0
        return self._do(complaint, access_token, self._rate, complaint, value, feedback)

    def _rate(self, complaint, value, feedback):
        # Only the browser that gave a mark may correct it: mail scanners send forms too.
        rated = request.session.get(RATED, [])
        kept = complaint._rate_from_portal(value, feedback, complaint.id in rated)
        if kept and complaint.id not in rated:
            request.session[RATED] = [*rated, complaint.id]
        elif not kept:
            _logger.info("A second mark for request %s was not kept", complaint.id)

    def _do(self, complaint, access_token, action, *arguments):
        """Do it, and show the page again: with the token that brought the visitor."""
        query = f"?access_token={access_token}" if access_token else ""
        # two tabs, or an old page: it shows how things are now
        with suppress(UserError), request.env.cr.savepoint():
            action(*arguments)
        return request.redirect(complaint.access_url + query)
