from odoo import api, models
from odoo.fields import Domain

from ..points import earn, share


class CrmLoyaltyDocument(models.Model):
    """Post the difference between what a document should have given and what it has.

    States, not events, decide: a document that flips back and forth, is reported twice
    or late, or is found by the nightly catch-up gives the same points.
    """

    _inherit = "crm.loyalty.document"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _update(self, model, res_id):
        """Bring the points of a document in line with what it says now."""
        record = self.env[model].sudo().browse(res_id).exists()
        known = self.sudo().search([("res_model", "=", model), ("res_id", "=", res_id)])
        programs = known.program_id
        if record:
            programs |= self.env["loyalty.program"]._get_earning(record.company_id)
        for program in programs:
            known_here = known.filtered(lambda doc, p=program: doc.program_id == p)
            self._update_program(program, record, known_here)

    @api.model
    def _update_program(self, program, record, known):
        parties = record._get_loyalty_parties(program) if record else {}
        seen = self.browse()
        for partner, lines in parties.items():
            member = self.env["crm.loyalty.member"]._find(program, partner)
            document = known.filtered(
                lambda doc, member=member: doc.member_id._get_current() == member
            )[:1]
            if not document:
                if not self._is_new(program, record):
                    continue
                document = self._begin(program, record, partner)
            document._adjust(record, lines)
            seen |= document
        for document in known - seen:
            document._adjust(record, None)

    @api.model
    def _is_new(self, program, record):
        """Whether an unknown document begins to give points."""
        return (
            record._is_loyalty_document(program.crm_earn_on)
            and program._is_running(record._get_loyalty_day())
            and not self.sudo().search_count(
                Domain("program_id", "=", program.id)
                & record._get_loyalty_twins_domain(),
                limit=1,
            )
        )

    @api.model
    def _begin(self, program, record, partner):
        member = self.env["crm.loyalty.member"]._join(program, partner)
        return self.sudo().create(
            {
                "program_id": program.id,
                "member_id": member.id,
                "company_id": record.company_id.id,
                "res_model": record._name,
                "res_id": record.id,
                "name": record.name,
                "earn_on": program.crm_earn_on,
                "terms": program._get_terms(),
            }
        )

    def _adjust(self, record, lines):
        """Post what is missing.

        :param lines: the document's lines of this member; None: it has none any more
        """
        self.ensure_one()
        live = lines is not None and record._is_loyalty_live(self.earn_on)
        refunded = target = 0
        if live:
            base = record._get_loyalty_base(lines, self.terms)
            if record._is_loyalty_changed(self, base):
                self._set_net(0)
                self._begin_cycle(record, base)
            refunded = record._get_loyalty_refunded(self, lines, base)
            earned = self.move_id.points
            target = earned - share(earned, refunded, self.base)
        self._set_net(target, refunded)
        if self.is_live != live:
            self.is_live = live

    def _begin_cycle(self, record, base):
        """Give the points of the document as it is now."""
        program, member = self.program_id, self.member_id._get_current()
        day = record._get_loyalty_day()
        multiplier, tier = program._get_multiplier(member.partner_id, self.company_id)
        rate = program._get_rate()
        points = earn(base, multiplier=multiplier, **rate)
        self.write(
            {
                "base": base,
                "cycle": self.cycle + 1,
                "fingerprint": record._get_loyalty_fingerprint(),
                "move_id": False,
                "name": record.name,
            }
        )
        if not points:
            return
        first, last = program._get_lot_days(day)
        self.move_id = member._earn(
            points,
            {
                "kind": "earn",
                "key": f"document:{self.id}:{self.cycle}",
                "company_id": self.company_id.id,
                "document_id": self.id,
                "document": self.name,
                "detail": {
                    "base": base,
                    "currency_id": self.company_id.currency_id.id,
                    "multiplier": multiplier,
                    "tier": tier,
                    "taxed": self.terms["taxed"],
                    "gross": self.terms["gross"],
                    **rate,
                },
            },
            available_from=first,
            expires_on=last,
        )

    def _set_net(self, target, refunded=0):
        """Take back, or give back, until ``target`` points are left of the document."""
        moves = self.env["crm.loyalty.move"].search(
            [
                ("document_id", "=", self.id),
                ("kind", "in", ("earn", "reverse", "restore")),
            ]
        )
        change = target - sum(moves.mapped("points"))
        vals = {
            "key": f"document:{self.id}:{self.cycle}:{len(moves)}",
            "company_id": self.company_id.id,
            "document_id": self.id,
            "document": self.name,
        }
        if refunded:
            vals["detail"] = {
                "base": self.base,
                "currency_id": self.company_id.currency_id.id,
                "earned": self.move_id.points,
                "refunded": min(refunded, self.base),
                "taken": self.move_id.points - target,
            }
        member = self.member_id._get_current()
        if change < 0:
            member._take(
                -change,
                {**vals, "kind": "reverse", "reversal_of_id": self.move_id.id},
                own=self.move_id.made_lot_ids._get_heirs(),
            )
            return
        reversals = moves.filtered(
            lambda move: move.kind == "reverse" and move.reversal_of_id == self.move_id
        )
        for reversal in reversals.sorted("id", reverse=True):
            back = min(change, sum(points for _lot, points in reversal._get_taken()))
            if back:
                key = f"{vals['key']}:{reversal.id}"
                member._restore(reversal, back, {**vals, "key": key})
                change -= back
