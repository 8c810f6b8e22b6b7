from datetime import timedelta
from difflib import SequenceMatcher

from odoo import api, fields, models
from odoo.fields import Domain


class CrmComplaint(models.Model):
    """Who works on what: the queue, and what is like it."""

    _inherit = "crm.complaint"  # pylint: disable=consider-merging-classes-inherited

    def _find_similar(self):
        """Requests of the same customer that may be about the same trouble."""
        self.ensure_one()
        customer = self.commercial_partner_id
        if not customer:
            return self.browse()
        since = fields.Datetime.now() - timedelta(days=90)
        others = self.search_fetch(
            [
                ("commercial_partner_id", "=", customer.id),
                ("company_id", "=", self.company_id.id),
                ("received_at", ">=", since),
                ("id", "!=", self._origin.id),
                ("exclusion", "=", False),
            ],
            ["name", "product_id"],
            order="received_at desc, id desc",
            limit=50,
        )
        words = (self.name or "").lower()
        return others.filtered(
            lambda one: (
                (self.product_id and one.product_id == self.product_id)
                or SequenceMatcher(None, words, one.name.lower()).ratio() > 0.6
            )
        )

    @api.model
    def _get_queue_domain(self):
        """Domain of what the user may take: free, in their teams."""
        return (
            Domain("state", "=", "open")
            & Domain("user_id", "=", False)
            & (
                Domain("team_id.member_ids", "in", self.env.user.ids)
                | Domain("team_id.user_id", "=", self.env.uid)
            )
        )

    def action_take_next(self):
        """Take the most urgent free request of one's teams, and open it.

        Two people never get the same one: a row that somebody takes is skipped.
        """
        self.browse().check_access("write")
        candidates = self.search(self._get_queue_domain(), limit=50)
        taken = self.browse()
        for candidate in candidates:
            taken = candidate.try_lock_for_update()
            if taken:
                break
        if not taken:
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "type": "info",
                    "message": self.env._("No free request waits in your teams."),
                },
            }
        taken.user_id = self.env.user
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": taken.id,
            "views": [(False, "form")],
        }

    def action_assign_to_me(self):
        """Become responsible for the requests."""
        self.write({"user_id": self.env.uid})

    def action_open_similar(self):
        """Open the other requests of this customer about the same."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_complaints.crm_complaint_action"
        )
        action["domain"] = [("id", "in", self.similar_ids.ids)]
        action["context"] = {}
        action["display_name"] = self.env._("Similar Requests")
        return action

    def action_open_held(self):
        """Open the held mails that belong to the request."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_complaints.crm_complaint_intake_action"
        )
        action["domain"] = [("complaint_id", "=", self.id)]
        return action

    @api.model
    def _get_action_of(self, name, domain, **context):
        """The window action of a smart button."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_complaints.crm_complaint_action"
        )
        return {
            **action,
            "display_name": name,
            "domain": domain,
            "context": {**context, "create": True},
        }
