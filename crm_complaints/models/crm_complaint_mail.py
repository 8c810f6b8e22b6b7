import re
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import email_normalize, email_split, html2plaintext

from odoo.addons.crm_value_tiering.context import OURS

# The first of the headers that mail programs quote above a forwarded mail.
FORWARDED_FROM = re.compile(
    r"^[>*\s]*(?:From|Von|De|Van|Da|发件人|寄件者)\s*[*]?\s*[:：]\s*(.+)$", re.MULTILINE
)
# Older dates in a mail are not believed: a forged one would buy, or cost, days.
BELIEVED = timedelta(days=7)


class CrmComplaint(models.Model):
    """What messages mean: a new request, an answer, the customer's voice.

    Who wrote decides, not through which channel: a mail, a message on the portal and a
    note of a call do the same to the clocks.
    """

    _inherit = "crm.complaint"  # pylint: disable=consider-merging-classes-inherited

    held_count = fields.Integer(compute="_compute_held_count")

    def _compute_held_count(self):
        found = self.env["crm.complaint.intake"]._read_group(
            [("complaint_id", "in", self.ids), ("state", "=", "held")],
            ["complaint_id"],
            ["__count"],
        )
        counts = {complaint.id: count for complaint, count in found}
        for complaint in self:
            complaint.held_count = counts.get(complaint.id, 0)

    # ------------------------------------------------------------------- intake
    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """A mail to a team becomes a request; a forwarded one waits for its customer."""
        self.check_access("create")  # the mail gateway comes as superuser
        sender = self._find_internal_user(msg_dict.get("email_from"))
        vals = {
            "name": msg_dict.get("subject") or self.env._("No Subject"),
            "channel": "email",
            "received_at": self._get_believed(msg_dict.get("date")),
            "user_id": False,
            **(custom_values or {}),
        }
        if sender:
            # A colleague forwards: what they quote is a proposal, not the customer.
            vals["proposed_email"] = self._find_forwarded(msg_dict.get("body"))
            vals["partner_id"] = False
        else:
            vals["email_from"] = msg_dict.get("email_from")
            vals["partner_id"] = msg_dict.get("author_id") or False
        complaint = self.create(vals)
        return complaint.with_context(crm_complaint_first_message=OURS)

    @api.model
    def _get_believed(self, date):
        now = fields.Datetime.now()
        date = fields.Datetime.to_datetime(date) or now
        return date if now - BELIEVED <= date <= now else now

    @api.model
    def _find_internal_user(self, email):
        normalized = email_normalize(email or "")
        if not normalized:
            return self.env["res.users"]
        return (
            self.env["res.users"]
            .sudo()
            .search(
                [("share", "=", False), ("email_normalized", "=", normalized)], limit=1
            )
        )

    @api.model
    def _find_forwarded(self, body):
        """The address of the first quoted sender, if there is one."""
        found = FORWARDED_FROM.search(html2plaintext(body or ""))
        addresses = email_split(found.group(1)) if found else []
        return addresses[0] if addresses else False

    def action_confirm_forwarded(self):
        """Take the forwarded address as the customer, and tell them that it arrived."""
        self.ensure_one()
        self.check_access("write")
        if self.proposed_email and not self.partner_id:
            partner = self.sudo()._partner_find_from_emails_single(
                [self.proposed_email]
            )
            self.write({"partner_id": partner.id, "email_from": self.proposed_email})
        self.sudo().proposed_email = False
        self._acknowledge()

    # ---------------------------------------------------------- acknowledgement
    def _acknowledge(self):
        """Tell the customer, once, that the request arrived.

        Marked as automatic, so that no machine answers it; never sent when the customer
        is not certain.
        """
        self.ensure_one()
        template = self.team_id.sudo().acknowledge_template_id
        if self.acknowledged_at or not template:
            return
        if self.env.context.get("crm_complaint_accepted") is OURS:
            return  # a program wrote it
        if not self._get_customer_email():
            return
        now = fields.Datetime.now()
        self.sudo().acknowledged_at = now
        self._post_automatic(template)
        self._note_acknowledgement(now)

    def _post_automatic(self, template):
        """Send a template to the customer, marked so that no machine answers it."""
        self.ensure_one()
        partner = self.partner_id
        speaker = self.with_user(SUPERUSER_ID).with_context(
            crm_complaint_automatic=OURS, lang=partner.lang or self.env.lang
        )
        template = template.with_env(speaker.env)
        speaker.message_post(
            subject=template._render_field("subject", self.ids)[self.id],
            body=template._render_field("body_html", self.ids)[self.id],
            message_type="auto_comment",
            subtype_xmlid="mail.mt_comment",
            author_id=self.env.ref("base.partner_root").id,
            email_from=self.team_id.alias_email
            or self.company_id.email_formatted
            or None,
            partner_ids=partner.ids,
            outgoing_email_to=False if partner else self._get_customer_email(),
        )

    def _notify_by_email_get_headers(self, headers=None):
        headers = super()._notify_by_email_get_headers(headers=headers)
        if self.env.context.get("crm_complaint_automatic") is OURS:
            headers |= {
                "Auto-Submitted": "auto-replied",
                "X-Auto-Response-Suppress": "All",
            }
        return headers

    def _notify_get_reply_to(self, default=None, author_id=False):
        """Answers go to the team."""
        found = self.team_id.sudo()._notify_get_reply_to(
            default=default, author_id=author_id
        )
        return {one.id: found.get(one.team_id.id) for one in self}

    # ----------------------------------------------------------------- messages
    def _message_post_after_hook(self, message, msg_values):
        self._hear(message)
        return super()._message_post_after_hook(message, msg_values)

    def _hear(self, message):
        """Let a public message by a person do what it does to the request."""
        self.ensure_one()
        public = (
            message.subtype_id.id
            == self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_comment")
            and not message.is_internal
            and message.message_type in ("comment", "email", "email_outgoing")
        )
        if not public or self.env.context.get("crm_complaint_silent") is OURS:
            return
        if self.env.context.get("crm_complaint_first_message") is OURS:
            self._acknowledge()
        elif self._is_colleague(message.author_id):
            self._note_answer(self._get_moment(message))
        elif message.author_id == self.env.ref("base.partner_root"):
            return  # a program of ours: neither an answer nor the customer
        elif self._is_known(message.email_from, message.author_id):
            late = self._note_customer(self._get_moment(message))
            if late:
                channel = "email" if message.message_type == "email" else "portal"
                late._create_repeat(message.body, channel)
        else:
            self.env["crm.complaint.intake"]._hold_message(self, message)

    def _is_colleague(self, author):
        """Whether the author is a person of ours, not a program."""
        users = author.sudo().user_ids.filtered(lambda user: not user.share)
        return bool(users) and author != self.env.ref("base.partner_root")

    def _is_known(self, email, author=None):
        """Whether a sender takes part in the request.

        The customer; contacts who follow it; who was in copy of an earlier mail of
        somebody who takes part. Not: whoever knows its number or its link.
        """
        self.ensure_one()
        complaint = self.sudo()
        if author and author in (complaint.partner_id | complaint.message_partner_ids):
            return True
        normalized = email_normalize(email or "")
        if not normalized:
            return False
        partners = complaint.partner_id | complaint.message_partner_ids
        known = {email_normalize(complaint.email_from or "")}
        known.update(partners.mapped("email_normalized"))
        if normalized in known:
            return True
        copies = complaint.message_ids.filtered(
            lambda one: one.incoming_email_cc and not one.subtype_id.internal
        ).mapped("incoming_email_cc")
        return any(
            email_normalize(address) == normalized
            for copy in copies
            for address in email_split(copy)
        )

    def _get_moment(self, message):
        """When a message was written, as far as that can be believed.

        Never before what happened to the clocks last: time does not go back.
        """
        if message.message_type != "email":
            return fields.Datetime.now()
        clocks = self.sudo().clock_ids
        latest = [self.waiting_since, self.closed_at, *clocks.mapped("running_since")]
        return max([self._get_believed(message.date), *filter(None, latest)])

    def _create_repeat(self, body, channel):
        """What is said about a request closed long ago is the beginning of a new one."""
        self.ensure_one()
        repeat = self.sudo().create(
            {
                "name": self.name,
                "type": self.type,
                "channel": channel,
                "description": body,
                "company_id": self.company_id.id,
                "team_id": self.team_id.id,
                "partner_id": self.partner_id.id,
                "email_from": self.email_from,
                "product_id": self.product_id.id,
                "order_id": self.order_id.id,
                "repeat_of_id": self.id,
            }
        )
        self.with_context(crm_complaint_silent=OURS).message_post(
            body=self.env._(
                "Closed too long ago to be reopened: the message began %(request)s.",
                request=repeat.reference,
            ),
            subtype_xmlid="mail.mt_note",
        )
        repeat._acknowledge()
        return repeat

    # -------------------------------------------------------------------- calls
    def action_log_call(self):
        """Write down a call."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Log a Call"),
            "res_model": "crm.complaint.call",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_complaint_id": self.id},
        }
