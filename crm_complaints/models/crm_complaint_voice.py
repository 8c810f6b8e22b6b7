from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError, ValidationError

from .crm_complaint import LEADER_GROUP
from .crm_complaint_stage import OPEN_STATES

# Somebody of ours listened and wrote it down; the others the customer wrote.
HEARD = ("phone", "onsite", "social", "chat")


class CrmComplaint(models.Model):
    """The voice of the customer: what becomes of a suggestion, and who heard it."""

    _inherit = "crm.complaint"  # pylint: disable=consider-merging-classes-inherited

    idea_id = fields.Many2one(
        "crm.complaint.idea",
        index="btree_not_null",
        check_company=True,
        tracking=True,
        copy=False,
        ondelete="set null",
        help="What this and other customers suggest, and what is decided about it.",
    )
    decision = fields.Selection(related="idea_id.state")
    decision_answer = fields.Text(related="idea_id.answer", string="Answer")
    gathered_by_id = fields.Many2one(
        "res.users",
        ondelete="restrict",
        index="btree_not_null",
        copy=False,
        tracking=True,
        help="Who heard the customer say it and wrote it down.",
    )
    told_decision = fields.Selection(
        [("planned", "Planned"), ("adopted", "Adopted"), ("declined", "Not Adopted")],
        string="The Customer Knows",
        readonly=True,
        copy=False,
        help="The decision that the customer was told.",
    )
    told_at = fields.Datetime(string="Told", readonly=True, copy=False)

    # -------------------------------------------------------------- constraints
    @api.constrains("idea_id", "type")
    def _check_idea(self):
        if self.filtered(lambda one: one.idea_id and one.type != "suggestion"):
            raise ValidationError(
                self.env._(
                    "Only suggestions belong to an idea. Take the request out of the "
                    "idea first, or leave it a suggestion."
                )
            )

    # --------------------------------------------------------------------- CRUD
    @api.model
    def _get_kept(self, is_new):
        kept = super()._get_kept(is_new) | {"told_decision", "told_at"}
        # nobody credits themselves with what somebody else heard
        if not is_new and not self.env.user.has_group(LEADER_GROUP):
            kept.add("gathered_by_id")
        return kept

    @api.model_create_multi
    def create(self, vals_list):
        user = self.env.user
        if not user.has_group(LEADER_GROUP):
            # an empty one comes with every new form
            self._check_uncredited(vals_list)
        complaints = super().create(vals_list)
        if not user.share and self.env.uid != SUPERUSER_ID:
            heard = complaints.filtered(
                lambda one: (
                    one.type == "suggestion"
                    and one.channel in HEARD
                    and not one.gathered_by_id
                )
            )
            heard.sudo().gathered_by_id = user
        return complaints

    @api.model
    def _check_uncredited(self, vals_list):
        credited = any(
            isinstance(vals, dict) and vals.get("gathered_by_id") for vals in vals_list
        )
        if credited and not self.env.su:
            raise UserError(
                self.env._(
                    "Who gathered a suggestion is who writes it down. Ask your team "
                    "leader when it was somebody else."
                )
            )

    # ------------------------------------------------------------------ actions
    def action_gather(self):
        """Make an idea of these suggestions, or open the one that they belong to."""
        self.check_access("write")
        if self.filtered(lambda one: one.type != "suggestion" or one.exclusion):
            raise UserError(self.env._("Only suggestions become an idea."))
        if len(self.company_id) > 1:
            raise UserError(self.env._("An idea belongs to one company."))
        ideas = self.idea_id
        if len(ideas) > 1:
            raise UserError(
                self.env._("These suggestions belong to different ideas already.")
            )
        idea = ideas or ideas.create(
            {
                "name": self[:1].name,
                "company_id": self.company_id.id,
                "product_id": self.product_id.id
                if len(self.product_id) == 1
                else False,
            }
        )
        self.filtered(lambda one: not one.idea_id).idea_id = idea
        return {
            "type": "ir.actions.act_window",
            "res_model": idea._name,
            "res_id": idea.id,
            "views": [(False, "form")],
        }

    # ------------------------------------------------------------------ telling
    def _post_decision(self):
        """Write to the customer what was decided: an answer of the person who did."""
        self.ensure_one()
        partner = self.partner_id
        idea = self.idea_id.with_context(lang=partner.lang or self.env.lang)
        self.message_post(
            body=idea._prepare_answer(),
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            author_id=self.env.user.partner_id.id,
            partner_ids=partner.ids,
            outgoing_email_to=False if partner else self._get_customer_email(),
        )
        if not self.user_id and self.company_id in self.env.user.company_ids:
            self.user_id = self.env.user

    def _close_answered(self):
        """The suggestion has its answer: nothing more is owed, if nothing is missing."""
        closed = self.env["crm.complaint.stage"]._get_closed()
        gates = self.env["crm.complaint.stage"]._get_gates()
        ready = self.filtered(
            lambda one: (
                closed
                and one.state in OPEN_STATES
                and not one._get_missing(closed, gates)
            )
        )
        if ready:
            ready.stage_id = closed

    def _get_portal_decision(self):
        """What the customer reads about their suggestion; the reason is in the messages.

        Only what they were told, and only while it is still decided so.
        """
        self.ensure_one()
        if self.told_decision != self.decision or self.type != "suggestion":
            return None
        labels = dict(self._fields["told_decision"]._description_selection(self.env))
        return labels.get(self.told_decision)
