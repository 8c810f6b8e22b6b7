from odoo import models


class CrmComplaint(models.Model):
    """What is erased with a request: all that was said about it, wherever it is kept.

    Steps, times and figures stay: they were reported.
    """

    _inherit = "crm.complaint"  # pylint: disable=consider-merging-classes-inherited

    def _erase_person(self):
        events = self.env["crm.complaint.clock.event"]
        events.search([("complaint_id", "in", self.ids)])._erase_person()
        held = self.env["crm.complaint.intake"]
        held.search([("complaint_id", "in", self.ids)])._erase_person()
        solutions = self.env["crm.complaint.solution"]
        solutions = solutions.search([("complaint_id", "in", self.ids)])
        solutions._erase_person()
        solutions.approval_ids._erase_person()
        return super()._erase_person()
