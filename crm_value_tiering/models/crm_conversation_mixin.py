from odoo import models
from odoo.fields import Domain

# What is left where a message was.
EMPTY_MESSAGE = {
    "body": "",
    "subject": False,
    "email_from": False,
    "incoming_email_to": False,
    "incoming_email_cc": False,
    "outgoing_email_to": False,
    "reply_to": False,
}
EMPTY_CHANGE = {
    "old_value_char": False,
    "new_value_char": False,
    "old_value_text": False,
    "new_value_text": False,
}


class CrmConversationMixin(models.AbstractModel):
    """Records that people write about in messages, files and activities.

    What was said there is erased with the texts of the record, wherever it is kept.
    """

    _name = "crm.conversation.mixin"
    _inherit = ["crm.erasable.mixin", "mail.activity.mixin"]
    _description = "Erasable Conversation"

    def _find_reader(self, candidates, fits=lambda user: True, operation="read"):
        """Who is told of the record: the first that may open it, or nobody.

        :param candidates: users who are asked first; then the managers of the
            company, those who may erase it
        :param fits: says of a user whether they will do
        :param operation: what they have to be allowed to do with it
        """
        self.ensure_one()
        company = self.company_id
        managers = self.env.ref(self._erasing_group)
        domain = Domain("all_group_ids", "in", managers.ids)
        domain &= Domain("company_ids", "in", company.ids)
        users = candidates | self.env["res.users"].search(domain, order="id")
        return next(
            (
                user
                for user in users
                if user.active
                and company in user.company_ids
                and fits(user)
                and self.with_user(user).with_company(company).has_access(operation)
            ),
            users.browse(),
        )

    def _erase_person(self):
        self._erase_conversation()
        return super()._erase_person()

    def _erase_conversation(self):
        """Empty the messages, with their mails, changes of fields and files."""
        about = [("model", "=", self._name), ("res_id", "in", self.ids)]
        messages = self.env["mail.message"].search(about)
        # a copy that still waits to be sent would say it once more
        self.env["mail.mail"].search([("mail_message_id", "in", messages.ids)]).unlink()
        messages.attachment_ids.unlink()
        messages.tracking_value_ids.write(EMPTY_CHANGE)
        messages.write(EMPTY_MESSAGE)
        owned = [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        self.env["mail.scheduled.message"].search(
            [("model", "=", self._name), ("res_id", "in", self.ids)]
        ).unlink()
        self.env["ir.attachment"].search(owned).unlink()
        activities = self.env["mail.activity"].with_context(active_test=False)
        activities = activities.search(owned)
        activities.write({"note": False, "summary": False})
        # their copy of the subject is made again when the subject is erased
        self.env.add_to_compute(activities._fields["res_name"], activities)
