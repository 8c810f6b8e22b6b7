from odoo import models


class ResPartner(models.Model):
    """Answers of a deleted contact stay, without the contact."""

    _inherit = "res.partner"

    def unlink(self):
        """What a person of a company answered stays with the company, without the words;
        the rest becomes anonymous by the trigger of the database."""
        answers = self.env["crm.satisfaction.answer"].sudo()
        answers = answers.search([("partner_id", "in", self.ids)])
        answers._erase_person()
        return super().unlink()

    def action_open_satisfaction(self):
        """Open the answers of the customer and all its contacts."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_satisfaction.crm_satisfaction_answer_action"
        )
        customer = self.commercial_partner_id
        action["domain"] = [
            ("partner_id", "child_of", customer.id),
            ("company_id", "=", self.env.company.id),
        ]
        action["context"] = {"default_partner_id": self.id}
        return action
