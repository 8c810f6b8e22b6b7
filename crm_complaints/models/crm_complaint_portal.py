from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import plaintext2html


class CrmComplaint(models.Model):
    """The customer's side. Portal users have no right to the model itself.

    What they see is what the pages show: subject, step, their own messages and our
    public answers. Steps inside, tiers, causes, solutions and clocks stay with us.
    """

    _inherit = "crm.complaint"  # pylint: disable=consider-merging-classes-inherited

    def _compute_access_url(self):
        for complaint in self:
            complaint.access_url = f"/my/complaints/{complaint.id}"

    @api.model
    def _get_portal_domain(self, user):
        """What a portal user sees: their own requests.

        The contact who answers for a company sees all of that company's.
        """
        partner = user.sudo().partner_id
        domain = Domain("partner_id", "=", partner.id)
        if partner.is_complaint_contact:
            customer = partner.commercial_partner_id
            domain |= Domain("commercial_partner_id", "=", customer.id)
        return domain & Domain("exclusion", "=", False)

    def _get_portal_state(self):
        """What the customer reads about where the request is."""
        self.ensure_one()
        if self.state == "waiting" and self.waiting_reason == "customer":
            return self.env._("Waiting for your answer")
        return self.stage_id.public_name or self.stage_id.name

    def _get_portal_steps(self):
        """The steps as customers read them, those of the same name as one.

        :return: list of (name, whether the request is there)
        """
        self.ensure_one()
        steps = {}
        for stage in self.env["crm.complaint.stage"]._get_all():
            name = stage.public_name or stage.name
            steps[name] = steps.get(name, False) or stage == self.stage_id
        return list(steps.items())

    @api.model
    def _file_from_portal(self, user, company, vals):
        """Create the request that a portal user files; checked, as superuser.

        :param vals: name, description (plain text), type, order_id or False
        """
        name, text = (vals.get(key, "").strip() for key in ("name", "description"))
        if not name or not text:
            raise ValidationError(self.env._("Tell us what it is about, please."))
        if vals.get("type") not in dict(self._fields["type"].selection):
            raise ValidationError(self.env._("Choose what kind of request it is."))
        order = self.env["sale.order"]
        if vals.get("order_id"):
            order = self._find_portal_order(user, vals["order_id"])
        company = order.company_id or company
        return self.sudo().create(
            {
                "name": name[:200],
                "description": plaintext2html(text),
                "type": vals["type"],
                "channel": "portal",
                "company_id": company.id,
                "team_id": self.env["crm.complaint.team"]._get_default(company).id,
                "user_id": False,
                "partner_id": user.partner_id.id,
                "email_from": user.partner_id.email,
                "order_id": order.id,
            }
        )

    @api.model
    def _find_portal_order(self, user, order_id):
        """An order of the customer, by its id; whatever else is refused."""
        order = self.env["sale.order"].sudo().browse(order_id).exists()
        customer = user.partner_id.commercial_partner_id
        if not order or order.partner_id.commercial_partner_id != customer:
            raise ValidationError(self.env._("This order is not yours."))
        return order

    def _close_from_portal(self):
        """The customer says that it is solved."""
        self.ensure_one()
        if self.state not in ("open", "waiting"):
            raise UserError(self.env._("This request is closed already."))
        now = fields.Datetime.now()
        self._resume(now)
        self._note_acceptance(now)
