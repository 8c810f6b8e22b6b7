from odoo import api, fields, models
from odoo.tools import SQL

SHOWN = 50  # members that an alarm names


class CrmLoyaltyProof(models.Model):
    """A proof that the ledger of a company adds up, member by member and lot by lot.

    Everything that is stored is computed again from moves and allocations. What does not
    agree is named, and the loyalty managers are told.
    """

    _name = "crm.loyalty.proof"
    _inherit = ["crm.company.job", "crm.erasable.mixin", "mail.thread"]
    _description = "Proof of the Points"
    _rec_name = "started_at"
    _job_group = "crm_loyalty.group_loyalty_manager"
    _of_main_company = False  # a branch may have a program of its own
    _erasable_texts = ("findings",)
    _erasing_group = _job_group

    member_count = fields.Integer(string="Members", readonly=True)
    finding_count = fields.Integer(string="Number of Findings", readonly=True)
    findings = fields.Text(readonly=True)
    member_ids = fields.Many2many(
        "crm.loyalty.member", string="Members Concerned", readonly=True
    )

    @api.model
    def _get_labels(self):
        """What each invariant says, by the name in :meth:`_get_findings_sql`."""
        return {
            "moves": self.env._("the balance is not the sum of the moves"),
            "lots": self.env._(
                "the balance is not what is left of the points received"
            ),
            "lot": self.env._("points received do not agree with what was taken"),
            "waiting": self.env._("points are usable, or not, against the moves"),
            "debt": self.env._("what is owed does not agree with the moves"),
            "both": self.env._("points are available although some are owed"),
            "card": self.env._("the card shows another balance"),
            "reversed": self.env._("more was taken back than had been given"),
            "move": self.env._("a move does not agree with its points"),
            "merged": self.env._("a merged or erased member still has points"),
        }

    @api.model
    def _get_findings_sql(self):
        """Rows of member and name of an invariant that does not hold."""
        return SQL(
            """
            WITH member AS (
                SELECT * FROM crm_loyalty_member WHERE company_id = %(company)s
            ), move AS (
                SELECT move.* FROM crm_loyalty_move move
                  JOIN member ON member.id = move.member_id
            ), taken AS (
                SELECT lot_id, SUM(points) AS points FROM crm_loyalty_allocation
                 WHERE lot_id IS NOT NULL GROUP BY lot_id
            ), lot AS (
                SELECT lot.*, made.date AS made_on,
                       lot.amount - COALESCE(taken.points, 0) AS left_over
                  FROM crm_loyalty_lot lot
                  JOIN member ON member.id = lot.member_id
                  JOIN crm_loyalty_move made ON made.id = lot.move_id
                  LEFT JOIN taken ON taken.lot_id = lot.id
            ), total AS (
                SELECT member_id, SUM(points) AS points FROM move GROUP BY member_id
            ), stock AS (
                SELECT member_id,
                       SUM(remaining) FILTER (WHERE NOT is_pending) AS available,
                       SUM(remaining) FILTER (WHERE is_pending) AS pending
                  FROM lot GROUP BY member_id
            ), owed AS (
                SELECT move.member_id, SUM(allocation.points) AS points
                  FROM crm_loyalty_allocation allocation
                  JOIN move ON move.id = allocation.move_id
                 WHERE allocation.lot_id IS NULL GROUP BY move.member_id
            ), made AS (
                SELECT move_id, SUM(amount) AS points FROM crm_loyalty_lot
                 GROUP BY move_id
            ), allocated AS (
                SELECT move_id, SUM(points) AS points FROM crm_loyalty_allocation
                 GROUP BY move_id
            ), reversed AS (
                SELECT document_id, SUM(points) AS points FROM move
                 WHERE document_id IS NOT NULL
                   AND kind IN ('earn', 'reverse', 'restore')
                 GROUP BY document_id
            )
            SELECT member.id, 'moves' FROM member LEFT JOIN total
                ON total.member_id = member.id
             WHERE available + pending - debt <> COALESCE(total.points, 0)
            UNION
            SELECT member.id, 'lots' FROM member LEFT JOIN stock
                ON stock.member_id = member.id
             WHERE member.available <> COALESCE(stock.available, 0)
                OR member.pending <> COALESCE(stock.pending, 0)
            UNION
            SELECT member_id, 'lot' FROM lot WHERE remaining <> left_over
            UNION
            SELECT lot.member_id, 'waiting' FROM lot
             WHERE is_pending <> (COALESCE(available_from > made_on, FALSE)
                   AND NOT EXISTS (SELECT FROM crm_loyalty_move activated
                                    WHERE activated.lot_id = lot.id
                                      AND activated.kind = 'activate'))
            UNION
            SELECT member.id, 'debt' FROM member LEFT JOIN owed
                ON owed.member_id = member.id
             WHERE debt <> COALESCE(owed.points, 0)
            UNION
            SELECT id, 'both' FROM member WHERE available > 0 AND debt > 0
            UNION
            SELECT member.id, 'card' FROM member JOIN loyalty_card card
                ON card.id = member.card_id
             WHERE round(card.points::numeric * 100) <> member.available
            UNION
            SELECT document.member_id, 'reversed' FROM reversed
              JOIN crm_loyalty_document document ON document.id = reversed.document_id
             WHERE reversed.points < 0
            UNION
            SELECT move.member_id, 'move' FROM move
              LEFT JOIN made ON made.move_id = move.id
              LEFT JOIN allocated ON allocated.move_id = move.id
             WHERE move.points
                <> COALESCE(made.points, 0) - COALESCE(allocated.points, 0)
            UNION
            SELECT id, 'merged' FROM member
             WHERE (merged_into_id IS NOT NULL OR partner_id IS NULL)
               AND available + pending + debt > 0
            ORDER BY 1, 2
            """,
            company=self.env.company.id,
        )

    @api.model
    def _get_findings(self, company):
        """What does not add up in the company: list of tuples (member id, name)."""
        self.env.flush_all()
        proof = self.with_company(company)
        return self.env.execute_query(proof._get_findings_sql())

    @api.model
    def _prove_company(self, company):
        """Prove one company's ledger, and keep the result.

        :return: the proof; None when another host is at it
        """
        if not self._try_lock(company):
            return None
        started = fields.Datetime.now()
        found = self._get_findings(company)
        members = self.env["crm.loyalty.member"].sudo().with_context(active_test=False)
        concerned = members.browse(dict.fromkeys(member for member, _name in found))
        labels = self._get_labels()
        by_member = {}
        for member, name in found:
            by_member.setdefault(member, []).append(labels[name])
        finished = fields.Datetime.now()
        proof = self.sudo().create(
            {
                "company_id": company.id,
                "state": "done",
                "started_at": started,
                "finished_at": finished,
                "duration": (finished - started).total_seconds(),
                "member_count": members.search_count([("company_id", "=", company.id)]),
                "finding_count": len(found),
                "findings": "\n".join(
                    f"{member.display_name}: {', '.join(by_member[member.id])}"
                    for member in concerned[:SHOWN]
                ),
                "member_ids": [fields.Command.set(concerned[:SHOWN].ids)],
            }
        )
        if found:
            proof._raise_alarm()
        return proof

    def _raise_alarm(self):
        """Tell the loyalty managers of the company which members do not add up."""
        self.ensure_one()
        managers = self.env.ref(self._job_group).all_user_ids.filtered(
            lambda user: self.company_id in user.company_ids and user.active
        )
        self.message_notify(
            partner_ids=managers.partner_id.ids,
            subject=self.env._(
                "Loyalty points of %(company)s do not add up: %(count)s members",
                company=self.company_id.name,
                count=len(self.member_ids),
            ),
            body=self.findings,
        )

    def action_prove(self):
        """Prove the current company's ledger now, and show it."""
        self._check_may_run()
        proof = self._prove_company(self.env.company)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_loyalty.crm_loyalty_proof_action"
        )
        return {**action, "res_id": proof.id, "views": [(False, "form")]}

    @api.model
    def _cron_prove(self):
        companies = self.env["loyalty.program"]._get_ledger_companies()
        self._run_each(companies, self._prove_company)
