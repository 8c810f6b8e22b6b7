from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from .crm_satisfaction_answer_record import AUTO_KEY, OWN_KEY

MANAGER_GROUP = "crm_value_tiering.group_value_manager"
# What was answered: fixed for ever.
FIXED = (
    "company_id", "date", "kind", "dimension", "answer", "score", "verdict",
    "csat_percent", "nps_points", "tier_id",
)  # fmt: skip
# For whom, and in which words: only forgotten, when what they name is deleted or erased.
FORGETTABLE = ("user_id", "team_id", "product_id", "comment")
WITHDRAWAL = ("is_withdrawn", "withdrawn_at")


class CrmSatisfactionAnswer(models.Model):
    """What may happen to a recorded answer: it is withdrawn once, its person is erased.

    It is never changed or deleted, in Python and by a database trigger. The person
    may change without the answer changing: contacts are merged, deleted, or erased.
    """

    _inherit = "crm.satisfaction.answer"  # pylint: disable=consider-merging-classes-inherited

    def init(self):
        function = SQL.identifier("crm_satisfaction_answer_guard")
        self.env.cr.execute(
            SQL(
                """
                CREATE OR REPLACE FUNCTION %(function)s() RETURNS trigger
                LANGUAGE plpgsql AS $guard$
                BEGIN
                    IF TG_OP = 'DELETE'
                       OR (%(new_fixed)s) IS DISTINCT FROM (%(old_fixed)s)
                       OR %(rewritten)s
                       OR (OLD.is_withdrawn AND (%(new_withdrawal)s)
                           IS DISTINCT FROM (%(old_withdrawal)s))
                       OR (OLD.is_withdrawn AND NEW.withdrawal_reason IS NOT NULL
                           AND NEW.withdrawal_reason
                           IS DISTINCT FROM OLD.withdrawal_reason)
                    THEN
                        RAISE EXCEPTION 'Answer %% of crm_satisfaction_answer cannot be '
                            'changed or deleted: withdraw it instead.', OLD.id;
                    END IF;
                    IF NEW.partner_id IS NULL AND OLD.partner_id IS NOT NULL THEN
                        -- the contact was deleted: nothing that points to it remains
                        NEW.comment := NULL;
                        NEW.document := NULL;
                        NEW.withdrawal_reason := NULL;
                        NEW.source_key := %(erased)s || NEW.id;
                    END IF;
                    RETURN NEW;
                END $guard$
                """,
                function=function,
                new_fixed=self._get_columns_sql("new", FIXED),
                old_fixed=self._get_columns_sql("old", FIXED),
                new_withdrawal=self._get_columns_sql("new", WITHDRAWAL),
                old_withdrawal=self._get_columns_sql("old", WITHDRAWAL),
                rewritten=SQL(" OR ").join(
                    SQL(
                        "(%(new)s IS NOT NULL AND %(new)s IS DISTINCT FROM %(old)s)",
                        new=SQL.identifier("new", name),
                        old=SQL.identifier("old", name),
                    )
                    for name in FORGETTABLE
                ),
                erased=f"{OWN_KEY}erased:",
            )
        )
        self.env.cr.execute(
            SQL(
                """
                DROP TRIGGER IF EXISTS %(function)s ON %(table)s;
                CREATE TRIGGER %(function)s BEFORE UPDATE OR DELETE ON %(table)s
                   FOR EACH ROW EXECUTE FUNCTION %(function)s()
                """,
                function=function,
                table=SQL.identifier(self._table),
            )
        )

    @api.model
    def _get_columns_sql(self, row, names):
        return SQL(", ").join(SQL.identifier(row, name) for name in names)

    # --------------------------------------------------------------------- CRUD
    def write(self, vals):
        """Allowed for imports that repeat the answer, and for the merge of contacts.

        Managers have the right to write all the same: without it the web client offers
        no button to save a new answer.
        """
        self.check_access("write")
        if self.env.su:
            return super().write(vals)
        if any(answer._differs(vals) for answer in self):
            raise UserError(
                self.env._(
                    "A recorded answer cannot be changed. Withdraw it if it was wrong, "
                    "and record the right one."
                )
            )
        return True

    def _differs(self, vals):
        """Whether ``vals`` say anything else than the answer does.

        What is empty in an import was filled in when it was recorded.
        """
        for name, value in vals.items():
            if name in ("user_id", "team_id", "source_key") and not value:
                continue
            field = self._fields.get(name)
            try:
                value = field and field.convert_to_record(
                    field.convert_to_cache(value, self), self
                )
            except (TypeError, ValueError):
                return True
            if not field or value != self[name]:
                return True
        return False

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(
            self.env._(
                "Answers cannot be deleted: reported figures would change. "
                "Withdraw a wrong one; choose “Erase Person” to remove the person."
            )
        )

    # --------------------------------------------------------------- withdrawal
    def action_withdraw(self):
        """Ask for the reason, then withdraw."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Withdraw"),
            "res_model": "crm.satisfaction.withdraw",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_satisfaction_ids": self.ids},
        }

    def _withdraw(self, reason):
        """Stop counting these answers; those withdrawn before stay as they are.

        A key that this module made is free again, so that the right answer can be
        imported; one that names an event is not, or a replay would count it again.
        """
        self._check_manager()
        answers = self.sudo().filtered(lambda answer: not answer.is_withdrawn)
        answers._mark_value_dirty()
        for answer in answers.filtered(lambda a: a.source_key.startswith(AUTO_KEY)):
            answer.source_key = f"{OWN_KEY}withdrawn:{answer.id}"
        answers.write(
            {
                "is_withdrawn": True,
                "withdrawn_by_id": self.env.uid,
                "withdrawn_at": fields.Datetime.now(),
                "withdrawal_reason": reason,
            }
        )

    # ------------------------------------------------------------------ privacy
    def action_erase(self):
        """Remove the person and what they said besides the number."""
        self._check_manager()
        self.sudo()._erase_person()

    def _erase_person(self):
        """The number stays, with the company of the person or with nobody.

        Comment, document, key and reason go, since each may lead back to the person.
        """
        self._mark_value_dirty()
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_satisfaction_answer answer
                   SET partner_id = (
                           SELECT partner.commercial_partner_id FROM res_partner partner
                            WHERE partner.id = answer.partner_id
                              AND (partner.is_company
                                   OR partner.commercial_partner_id <> partner.id)),
                       comment = NULL, document = NULL, withdrawal_reason = NULL,
                       source_key = %(erased)s || answer.id,
                       write_uid = %(uid)s, write_date = %(now)s
                 WHERE answer.id = ANY(%(ids)s)
                """,
                erased=f"{OWN_KEY}erased:",
                uid=self.env.uid,
                now=self.env.cr.now(),
                ids=self.ids,
            )
        )
        self.invalidate_recordset()

    def _check_manager(self):
        self.check_access("read")
        if not (self.env.su or self.env.user.has_group(MANAGER_GROUP)):
            raise AccessError(
                self.env._("Only managers of customer value withdraw or erase answers.")
            )

    # -------------------------------------------------------------------- merge
    def _renew_keys(self):
        """Keys that name the contact name the one it was merged into.

        Otherwise the file that brought them in would bring them in again.
        """
        answers = self.filtered(lambda answer: answer.source_key.startswith(AUTO_KEY))
        taken, ids, keys = set(), [], []
        for answer in answers.sorted("id"):
            values = answer.read([*self._get_facts(), "document"], load=None)[0]
            key = (answer.company_id.id, self._get_auto_key(values))
            if key not in taken:
                taken.add(key)
                ids.append(answer.id)
                keys.append(key[1])
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_satisfaction_answer answer SET source_key = renewed.key
                  FROM unnest(%s::int[], %s::varchar[]) renewed (id, key)
                 WHERE answer.id = renewed.id AND answer.source_key <> renewed.key
                   AND NOT EXISTS (
                       SELECT FROM crm_satisfaction_answer other
                        WHERE other.company_id = answer.company_id
                          AND other.source_key = renewed.key)
                """,
                ids,
                keys,
            )
        )
        self.invalidate_recordset(["source_key"])
