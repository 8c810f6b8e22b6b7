import base64
import re

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import email_normalize, email_split

from odoo.addons.crm_value_tiering.context import OURS

from .crm_complaint import MANAGER_GROUP

AGENT_GROUP = "crm_complaints.group_complaint_agent"
MACHINES = re.compile(
    r"(mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)([+.-].*)?"
)
ROBOT_HEADERS = ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress")
LIST_HEADERS = ("List-Id", "List-Unsubscribe", "List-Post")
PRECEDENCES = ("bulk", "junk", "list", "auto_reply", "auto-reply")


class CrmComplaintIntake(models.Model):
    """A mail that did not become, or reach, a request by itself; somebody decides.

    Programs that answer programs would make a request of each round, and each
    acknowledgement would start the next.
    """

    _name = "crm.complaint.intake"
    _inherit = ["crm.company.mixin", "crm.erasable.mixin"]
    _description = "Held Mail"
    _order = "id desc"
    _rec_name = "subject"
    _erasable_texts = ("subject", "email_from")
    _erasing_group = MANAGER_GROUP

    reason = fields.Selection(
        [
            ("automatic", "Sent by a program"),
            ("list", "Newsletter or mailing list"),
            ("bounce", "Delivery report"),
            ("sender", "No sender"),
            ("forged", "The sender may be forged"),
            ("unverified", "Not from somebody who takes part"),
        ],
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        [
            ("held", "To Decide"),
            ("filed", "Filed as a Note"),
            ("accepted", "Accepted"),
            ("rejected", "Rejected"),
        ],
        required=True,
        readonly=True,
        default="held",
        index=True,
    )
    subject = fields.Char(readonly=True)
    email_from = fields.Char(string="From", readonly=True)
    team_id = fields.Many2one("crm.complaint.team", readonly=True, ondelete="set null")
    complaint_id = fields.Many2one(
        "crm.complaint", string="Request", readonly=True, index=True, ondelete="cascade"
    )
    reference = fields.Char(string="Message-Id", readonly=True, index=True)
    raw = fields.Binary(
        string="Mail", readonly=True, attachment=True, help="As it came in."
    )
    raw_name = fields.Char(compute="_compute_raw_name")
    decided_by_id = fields.Many2one("res.users", readonly=True, ondelete="set null")

    def _compute_raw_name(self):
        for intake in self:
            intake.raw_name = f"mail-{intake.id}.eml"

    def _erase_person(self):
        self.raw = False  # the mail itself
        return super()._erase_person()

    # ------------------------------------------------------------------ routing
    @api.model
    def _detect(self, message, message_dict):
        """Why a mail is not from a person who wants something; False when it is."""
        auto = (message.get("Auto-Submitted") or "no").strip().lower()
        precedence = (message.get("Precedence") or "").strip().lower()
        sender = (email_split(message_dict.get("email_from") or "") or [""])[0]
        report = message.get_content_type() == "multipart/report"
        if report or (message.get("Return-Path") or "").strip() == "<>":
            return "bounce"
        if not sender:
            return "sender"
        if auto.split(";")[0] != "no" or any(map(message.get, ROBOT_HEADERS)):
            return "automatic"
        if any(map(message.get, LIST_HEADERS)) or precedence in PRECEDENCES:
            return "list"
        if MACHINES.fullmatch(sender.partition("@")[0].lower()):
            return "automatic"
        results = " ".join(message.get_all("Authentication-Results") or []).lower()
        return "forged" if "dmarc=fail" in results else False

    @api.model
    def _filter_routes(self, message, message_dict, routes):
        """Take what no person sent out of the routes to requests.

        New mail of a program is held, with its source. In answer to a request it is
        filed there as a note, which wakes nobody and is shown to no customer; so is the
        mail of a stranger, until somebody accepts them.
        """
        if self.env.context.get("crm_complaint_accepted") is OURS:
            return routes
        complaints = self.env["crm.complaint"].sudo()
        reason = self._detect(message, message_dict)
        if message_dict.get("is_bounce"):
            self._hold_for_alias(message, message_dict)
        kept, is_new = [], False
        for model, thread_id, values, user_id, alias in routes or []:
            if model != complaints._name:
                kept.append((model, thread_id, values, user_id, alias))
                continue
            complaint = complaints.browse(thread_id or []).exists()
            if complaint:
                complaint = complaint._get_original()
                self._check_reply(complaint, message, message_dict, reason)
                kept.append((model, complaint.id, values, user_id, alias))
            elif reason:
                team = self._find_team(values)
                self._hold(reason, message, message_dict, team=team)
            elif not is_new:
                # one mail is one request, however many teams it is sent to
                is_new = True
                kept.append((model, False, values, user_id, alias))
        return kept

    @api.model
    def _check_reply(self, complaint, message, message_dict, reason):
        email = message_dict.get("email_from")
        if not reason and not (
            complaint._find_internal_user(email) or complaint._is_known(email)
        ):
            reason = "unverified"
        if reason:
            message_dict["is_internal"] = True
            # whose message is answered must not be told: it may be the customer
            message_dict.pop("parent_id", None)
            self._hold(
                reason,
                message,
                message_dict,
                complaint=complaint,
                state="held" if reason in ("unverified", "forged") else "filed",
            )

    @api.model
    def _find_team(self, values):
        teams = self.env["crm.complaint.team"].sudo()
        team = teams.browse((values or {}).get("team_id") or []).exists()
        return team or teams._get_default(self.env.company)

    @api.model
    def _hold_for_alias(self, message, message_dict):
        """A delivery report to a team's address: Odoo routes it nowhere."""
        addresses = [
            email_normalize(one)
            for one in email_split(message_dict.get("recipients") or "")
        ]
        team = (
            self.env["crm.complaint.team"]
            .sudo()
            .search([("alias_id.alias_full_name", "in", addresses)], limit=1)
        )
        if team:
            self._hold("bounce", message, message_dict, team=team)

    @api.model
    def _hold(self, reason, message, message_dict, team=None, complaint=None, **vals):
        """Keep a mail, once."""
        team = complaint.team_id if complaint else team
        company = team.company_id or self.env.company
        reference = message_dict.get("message_id")
        known = [("reference", "=", reference), ("company_id", "=", company.id)]
        if self.sudo().search_count(known, limit=1):
            return
        self.sudo().create(
            {
                "reason": reason,
                "company_id": company.id,
                "team_id": team.id,
                "complaint_id": complaint.id if complaint else False,
                "subject": message_dict.get("subject"),
                "email_from": message_dict.get("email_from"),
                "reference": reference,
                "raw": base64.b64encode(message.as_bytes()),
                **vals,
            }
        )

    @api.model
    def _hold_message(self, complaint, message):
        """A message of somebody who does not take part, through the link to a request."""
        message.sudo().write(
            {
                "subtype_id": self.env["ir.model.data"]._xmlid_to_res_id(
                    "mail.mt_note"
                ),
                "is_internal": True,
            }
        )
        self.sudo().create(
            {
                "reason": "unverified",
                "company_id": complaint.company_id.id,
                "team_id": complaint.team_id.id,
                "complaint_id": complaint.id,
                "subject": message.subject or complaint.name,
                "email_from": message.email_from,
                "reference": message.message_id,
            }
        )

    # ------------------------------------------------------------------ actions
    def _check_may_decide(self):
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group(AGENT_GROUP):
            raise AccessError(
                self.env._("Only service agents decide what becomes of a held mail.")
            )

    def action_accept(self):
        """Make it a request, or take the sender into the request they wrote to."""
        self._check_may_decide()
        for intake in self.filtered(lambda one: one.state in ("held", "filed")):
            if intake.complaint_id:
                intake._accept_reply()
            else:
                intake._accept_new()
            intake.sudo().write({"state": "accepted", "decided_by_id": self.env.uid})

    def action_reject(self):
        """It stays where it is."""
        self._check_may_decide()
        self.sudo().filtered(lambda one: one.state == "held").write(
            {"state": "rejected", "decided_by_id": self.env.uid}
        )

    def _accept_new(self):
        self.ensure_one()
        raw = base64.b64decode(self.sudo().raw or b"")
        threads = self.env["mail.thread"].sudo()
        thread_id = threads.with_context(crm_complaint_accepted=OURS).message_process(
            "crm.complaint",
            raw,
            {"team_id": self.team_id.id, "company_id": self.company_id.id},
        )
        if not thread_id:
            raise UserError(self.env._("This mail cannot become a request."))
        self.sudo().complaint_id = thread_id

    def _accept_reply(self):
        """Show the message to the customer's side, and let it count from now on."""
        self.ensure_one()
        complaint = self.complaint_id
        message = (
            self.env["mail.message"]
            .sudo()
            .search(
                [
                    ("message_id", "=", self.reference),
                    ("model", "=", complaint._name),
                    ("res_id", "=", complaint.id),
                ],
                limit=1,
            )
        )
        if not message:
            raise UserError(self.env._("The message of this mail was deleted."))
        author = message.author_id or complaint.sudo()._partner_find_from_emails_single(
            [self.email_from]
        )
        message.write(
            {
                "author_id": author.id,
                "subtype_id": self.env["ir.model.data"]._xmlid_to_res_id(
                    "mail.mt_comment"
                ),
                "is_internal": False,
            }
        )
        complaint.sudo().message_subscribe(author.ids)
        complaint._hear(message)
