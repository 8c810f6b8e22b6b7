from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from odoo.addons.crm.models.crm_stage import AVAILABLE_PRIORITIES

from ..context import OURS
from .crm_limits_mixin import MAX_AMOUNT, MAX_COLOR, MAX_SEQUENCE


class CrmValueTier(models.Model):
    """A class of customers, best first, with what the company does for them."""

    _name = "crm.value.tier"
    _inherit = ["crm.common.mixin", "crm.limits.mixin"]
    _description = "Value Tier"
    _order = "sequence, id"
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(
        default=50, limits=(0, MAX_SEQUENCE), help="The best tier comes first."
    )
    color = fields.Integer(
        limits=(0, MAX_COLOR),
        help="Colour of the tag on contacts, leads and quotations.",
    )
    active = fields.Boolean(default=True)
    strategy = fields.Text(
        translate=True,
        help="What the company does for these customers: service, frequency of contact, "
        "offers, care. Shown on the contact.",
    )
    default_share = fields.Float(
        string="Share of Customers (%)",
        copy=False,
        limits=(0, 100),
        help="Share proposed for this tier in a new value model, in percent.",
    )
    default_min_score = fields.Float(
        string="Minimum Score",
        limits=(0, 100),
        help="Value score (0 to 100) proposed for this tier in a new value model.",
    )
    default_min_clv = fields.Float(
        string="Minimum Lifetime Value",
        limits=(0, MAX_AMOUNT),
        help="Predicted lifetime value, in the company's currency, proposed for this tier "
        "in a new value model.",
    )
    _share_range = models.Constraint(
        "CHECK (default_share >= 0 AND default_share <= 100)",
        "A share is between 0 % and 100 %.",
    )
    _score_range = models.Constraint(
        "CHECK (default_min_score >= 0 AND default_min_score <= 100)",
        "The value score is between 0 and 100.",
    )
    lead_priority = fields.Selection(
        AVAILABLE_PRIORITIES,
        help="Stars for leads and opportunities that get this tier and have no stars "
        "yet. Existing stars stay. Empty: no stars are given.",
    )
    pricelist_id = fields.Many2one(
        "product.pricelist",
        string="Suggested Price List",
        company_dependent=True,
        help="Suggested on quotations for these customers, with a button to apply it. "
        "Prices never change by themselves.",
    )

    @api.constrains("sequence", "active")
    def _check_policies(self):
        """What value models ask of their tiers holds whoever changes the tiers.

        Versions that have ended are history: a computation as of their days checks them.
        """
        if self.env.context.get("crm_value_resequence") is OURS:
            return
        lines = self.env["crm.value.policy.tier"].sudo()
        policies = lines.search([("tier_id", "in", self.ids)]).policy_id._filter_open()
        archived = policies.tier_line_ids.tier_id.filtered(lambda tier: not tier.active)
        if archived & self:
            raise ValidationError(
                self.env._(
                    "These tiers cannot be archived, since value models use them: "
                    "%(tiers)s. Remove them from the value models first.",
                    tiers=", ".join((archived & self).mapped("name")),
                )
            )
        for policy in policies:
            try:
                policy._check_tier_lines()
            except ValidationError as error:
                raise ValidationError(
                    self.env._(
                        "%(policy)s (%(company)s): %(reason)s",
                        policy=policy.name,
                        company=policy.company_id.name,
                        reason=error.args[0],
                    )
                ) from error

    @api.constrains("default_share", "active")
    def _check_default_shares(self):
        """A new company begins with what the tiers propose."""
        total = sum(self.search([("default_share", ">", 0)]).mapped("default_share"))
        if total > 100.001:
            raise ValidationError(
                self.env._(
                    "The proposed shares of the tiers sum to %(total)s %%: reduce one, "
                    "they cannot exceed 100 %%.",
                    total=round(total, 2),
                )
            )

    @api.model
    def _check_limits(self, vals):
        """A company-dependent reference has no foreign key: Odoo stores any text, and
        fails whenever it is read."""
        pricelist = vals.get("pricelist_id")
        if pricelist and not (
            isinstance(pricelist, int)
            and self.env["product.pricelist"].browse(pricelist).exists()
        ):
            raise ValidationError(self.env._("There is no such price list."))
        return super()._check_limits(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_named(self):
        """What customers had is history: profiles, changes and figures name it."""
        named = self._filter_named()
        if named:
            raise UserError(
                self.env._(
                    "These tiers cannot be deleted, since customers, their history, "
                    "value models, targets or settings name them: %(tiers)s. Remove them "
                    "from the value models and archive them instead.",
                    tiers=", ".join(named.mapped("name")),
                )
            )

    def _filter_named(self):
        """Those tiers that some record, of this module or another, cannot do without."""
        self.env.flush_all()
        references = [
            SQL(
                "SELECT %s FROM %s WHERE %s = ANY(%s)",
                SQL.identifier(field.name),
                SQL.identifier(model._table),
                SQL.identifier(field.name),
                self.ids,
            )
            for model in self.env.values()
            for field in model._fields.values()
            if field.type == "many2one"
            and field.comodel_name == self._name
            and field.store
            and field.ondelete == "restrict"
            and not (model._abstract or model._transient)
        ]
        rows = self.env.execute_query(SQL(" UNION ").join(references))
        return self.browse(row[0] for row in rows)

    def web_resequence(self, *args, **kwargs):
        """Dragging writes one tier after the other: what counts is the order in the end."""
        self.check_access("write")
        tiers = self.with_context(crm_value_resequence=OURS)
        result = super(CrmValueTier, tiers).web_resequence(*args, **kwargs)
        self._check_policies()
        return result

    def action_open_customers(self):
        """Open the customers of this tier."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_value_tiering.crm_value_profile_action"
        )
        action["domain"] = [("tier_id", "=", self.id)]
        action["display_name"] = self.env._("%(tier)s customers", tier=self.name)
        return action
