from odoo import http
from odoo.http import request

from odoo.addons.loyalty.controllers.portal import CustomerPortalLoyalty

from .portal import LoyaltyPortal

CODE_KEY = "crm_loyalty_code"  # of whoever recommended us, until the visitor signs in
SAID_KEY = "crm_loyalty_said"  # the answer, for the next page
MAX_LENGTH = 40


class ReferralPortal(LoyaltyPortal, CustomerPortalLoyalty):
    """Links that members give away, and where a new customer says who sent them.

    Whoever follows a link learns nothing: neither whether the code exists, nor whose it
    is. What is posted is answered with the same words whatever it was.
    """

    def _prepare_home_portal_values(self, counters):
        """Odoo shows every card of the customer: not the one that a referral made."""
        values = super()._prepare_home_portal_values(counters)
        cards = values.get("cards_per_programs") or {}
        for program in list(cards):
            if program.sudo().crm_ledger:
                cards[program] = cards[program].filtered(
                    lambda card: any(one._has_begun() for one in card._get_member())
                )
                if not cards[program]:
                    del cards[program]
        return values

    def _get_code(self, code):
        return request.env["crm.loyalty.referral"]._normalize_code(code)[:MAX_LENGTH]

    @http.route(
        ["/recommended", "/recommended/<string:code>"],
        type="http",
        auth="public",
        website=True,
        methods=["GET"],
        sitemap=False,
    )
    def recommended(self, code="", **kwargs):
        """What the code is good for; it is remembered by a click only."""
        values = {
            "code": self._get_code(code),
            "remembered": request.session.get(CODE_KEY, ""),
            "page_name": "recommended",
        }
        return request.render("crm_loyalty.portal_recommended", values)

    @http.route(
        "/recommended",
        type="http",
        auth="public",
        website=True,
        methods=["POST"],
        sitemap=False,
    )
    def remember(self, code="", **kwargs):
        request.session[CODE_KEY] = self._get_code(code)
        return request.redirect("/recommended")

    @http.route(
        "/my/points/recommended",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
    )
    def portal_recommended_by(self, code="", **kwargs):
        """The customer says who recommended us."""
        code = self._get_code(code)
        how = "link" if code and code == request.session.get(CODE_KEY) else "portal"
        request.session.pop(CODE_KEY, None)
        user = request.env.user
        if user._is_portal():
            request.env["crm.loyalty.referral"].sudo()._refer_on_portal(
                user.partner_id, code, user.company_ids, how
            )
        request.session[SAID_KEY] = True
        return request.redirect("/my/points")

    def _prepare_points_values(self):
        user = request.env.user
        programs = request.env["loyalty.program"].sudo()
        referrals = request.env["crm.loyalty.referral"].sudo()
        return super()._prepare_points_values() | {
            # of new customers, whatever they have entered before
            "asks_code": programs._get_referring(user.company_id)
            and not referrals._has_bought(
                user.partner_id.commercial_partner_id, user.company_id
            ),
            "remembered": request.session.get(CODE_KEY, ""),
            "said": request.session.pop(SAID_KEY, False),
        }
