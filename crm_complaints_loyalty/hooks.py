"""What is left when the add-on goes."""

from odoo.api import Environment


def uninstall_hook(env: Environment) -> None:
    """A kind of solution that requests name stays, as one with nothing to carry out.

    Without its external id: Odoo would try to delete it, and fail.
    """
    remedy = env.ref(
        "crm_complaints_loyalty.crm_complaint_remedy_points", raise_if_not_found=False
    )
    if remedy and any(
        env[model].sudo().search_count([("remedy_id", "=", remedy.id)], limit=1)
        for model in ("crm.complaint.solution", "crm.complaint.approval")
    ):
        data = env["ir.model.data"].sudo()
        data.search(
            [
                ("module", "=", "crm_complaints_loyalty"),
                ("model", "=", remedy._name),
                ("res_id", "=", remedy.id),
            ]
        ).unlink()
