from odoo import api, models
from odoo.tools import SQL

from odoo.addons.crm_value_tiering.context import OURS

from .crm_incentive_split import CHECKED_LATER


class CrmIncentiveDocumentMixin(models.AbstractModel):
    """An opportunity or order: who shares it, and what it would pay.

    The inheriting model has ``incentive_split_ids`` and says what it is worth.
    """

    _name = "crm.incentive.document.mixin"
    _description = "Document that Earns"

    # --------------------------------------------------------------------- splits
    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        documents = super(
            CrmIncentiveDocumentMixin, self.with_context(**{CHECKED_LATER: OURS})
        ).create(vals_list)
        documents = documents.with_env(self.env)
        documents.filtered("incentive_split_ids")._check_incentive_splits()
        return documents

    def write(self, vals):
        if "incentive_split_ids" not in vals:
            return super().write(vals)
        later = self.with_context(**{CHECKED_LATER: OURS})
        result = super(CrmIncentiveDocumentMixin, later).write(vals)
        self._check_incentive_splits()
        return result

    def _check_incentive_splits(self):
        for document in self.sudo():
            document.incentive_split_ids._check_total()

    # ------------------------------------------------------------------- estimate
    def get_incentive_estimate(self):
        """What winning the document would pay the user, as HTML; stores nothing.

        :return: HTML, or "" when the document is decided
        """
        self.ensure_one()
        self.check_access("read")
        estimate = self.env["crm.incentive.estimate"]._estimate(self)
        if not estimate:
            return ""
        return self.env["ir.qweb"]._render("crm_value_tiering.explanation", {
            "why": estimate,
        })  # fmt: skip

    def _get_incentive_case(self):
        """Hook: what the document is worth now.

        :return: None when it is decided, or a dict ``company``, ``amount`` (untaxed, in
            company currency), ``partner``, ``kinds`` (what would happen) and ``people``
            (tuples of user, team and share)
        """
        raise NotImplementedError

    def _get_incentive_people(self, seller, team):
        self.ensure_one()
        splits = self.sudo().incentive_split_ids
        if not splits:
            return [(seller.id, team.id or None, 100)] if seller else []
        return [(split.user_id.id, team.id or None, split.share) for split in splits]

    def _move_incentive_splits(self, others):
        """Take over who shares the merged documents, re-scaled to 100 %.

        Each keeps their part of what their document was worth.
        """
        self.ensure_one()
        everybody = self + others
        if not everybody.sudo().incentive_split_ids:
            return
        parts = {}
        for document in everybody.sudo():
            weight = max(document.expected_revenue or 0, 0.01)
            people = document._get_incentive_people(document.user_id, document.team_id)
            for user_id, _team_id, share in people:
                parts[user_id] = parts.get(user_id, 0) + weight * share
        whole, given = sum(parts.values()), 0
        shares = []
        for user_id, part in sorted(parts.items(), key=lambda item: (item[1], item[0])):
            share = round(100 * part / whole, 4)
            given += share
            shares.append((user_id, share))
        # The largest part takes what rounding left.
        user_id, share = shares[-1]
        shares[-1] = (user_id, round(share + 100 - given, 4))
        self.sudo().write(
            {
                "incentive_split_ids": [
                    (5, 0, 0),
                    *(
                        (0, 0, {"user_id": user_id, "share": share})
                        for user_id, share in shares
                        if share > 0
                    ),
                ]
            }
        )

    @api.model
    def _get_customer_facts(self, company, partner):
        """What the computation knows of the customer, as an event of today would.

        :return: dict as of ``IncentiveInput.events``; ``customer_since`` may be None
        """
        events = self.env["crm.incentive.event"].sudo()
        events._flush_documents()
        rows = self.env.execute_query(
            SQL(
                """
                WITH state AS (SELECT %(partner)s::int AS partner_id)
                SELECT (SELECT MIN(day) FROM (%(since)s) since), profile.tier_id,
                       profile.clv_predictive, COALESCE((
                           SELECT MAX(orders) FROM (%(recent)s) recent), 0)
                  FROM (SELECT 1) always
                  LEFT JOIN crm_value_profile profile
                    ON partner_id = %(partner)s AND company_id = %(root)s
                """,
                partner=partner.commercial_partner_id.id or None,
                root=company._get_value_root().id,
                since=events._get_since_sql(company),
                recent=events._get_recent_sql(
                    company,
                    SQL(
                        "SELECT partner_id, %s::date AS day FROM state",
                        company._get_value_today(),
                    ),
                ),
            )
        )
        names = ("customer_since", "tier_id", "lifetime_value", "recent_orders")
        return dict(zip(names, rows[0], strict=True))
