from werkzeug.exceptions import NotFound

from odoo import http
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal, pager

MAX_ID = 2**31 - 1  # what the database takes for one
ERROR_KEY = "crm_loyalty_error"  # what could not be done, for the next page


class LoyaltyPortal(CustomerPortal):
    """Points and rewards, for the customer.

    Points belong to the company of the contact, or to the contact. Reading is GET;
    redeeming is POST with a CSRF token, on a quotation that its customer may sign.
    """

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "points_count" in counters:
            values["points_count"] = len(self._get_members())
        return values

    def _get_members(self):
        """The memberships of whoever looks, as superuser."""
        customer = request.env.user.partner_id.commercial_partner_id
        members = request.env["crm.loyalty.member"].sudo()
        return members.search(
            [
                ("partner_id", "=", customer.id),
                ("program_id.active", "=", True),
                ("program_id.crm_ledger", "=", True),
                # who was only referred learns nothing from being a member
                ("move_ids", "!=", False),
            ]
        )

    def _prepare_points_values(self):
        """Hook: what all pages of points show."""
        return self._prepare_portal_layout_values()

    @http.route("/my/points", type="http", auth="user", website=True, methods=["GET"])
    def portal_my_points(self, **kwargs):
        members = self._get_members()
        if len(members) == 1:
            return request.redirect(f"/my/points/{members.id}")
        values = self._prepare_points_values()
        values |= {"members": members, "page_name": "points"}
        return request.render("crm_loyalty.portal_my_points", values)

    @http.route(
        ["/my/points/<int:member_id>", "/my/points/<int:member_id>/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def portal_my_member(self, member_id, page=1, **kwargs):
        member = self._get_members().filtered(lambda one: one.id == member_id)
        if not member:
            raise NotFound()
        moves = member.move_ids
        pages = pager(
            url=f"/my/points/{member.id}",
            total=len(moves),
            page=page,
            step=self._items_per_page,
        )
        first = pages["offset"]
        values = self._prepare_points_values()
        values |= {
            "member": member,
            "moves": moves.sorted("id", reverse=True)[
                first : first + self._items_per_page
            ],
            "expiring": member._get_portal_expiring(),
            "rewards": member._get_portal_rewards(),
            "page_name": "points",
            "pager": pages,
        }
        return request.render("crm_loyalty.portal_my_member", values)

    # ------------------------------------------------------------------ redeeming
    @http.route(
        "/my/orders/<int:order_id>/reward/<int:reward_id>",
        type="http",
        auth="public",
        website=True,
        methods=["POST"],
    )
    def portal_redeem(self, order_id, reward_id, access_token=None, **kwargs):
        """Take a reward for the quotation, or put it back."""
        if max(order_id, reward_id) > MAX_ID:
            raise NotFound()
        try:
            order = self._document_check_access("sale.order", order_id, access_token)
        except (AccessError, MissingError):
            raise NotFound() from None
        reward = request.env["loyalty.reward"].sudo().browse(reward_id).exists()
        try:
            with request.env.cr.savepoint():
                if "remove" in kwargs:
                    order._remove_portal_reward(reward)
                else:
                    order._apply_portal_reward(reward)
        except UserError as error:
            request.session[ERROR_KEY] = str(error.args[0])
        return request.redirect(order.get_portal_url(anchor="points"))
