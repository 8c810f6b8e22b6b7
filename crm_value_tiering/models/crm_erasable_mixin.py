from odoo import models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from .res_users import MANAGER_GROUP

# What a text that may not be empty becomes.
ERASED = "–"


class CrmErasableMixin(models.AbstractModel):
    """What people wrote can be erased, because it may name a person; the record stays.

    A model whose records hold such texts inherits this and names them. Odoo's Privacy
    Lookup then looks for the person in them, and “Delete” there erases them, by
    :meth:`_erase_person`; records of dialogs and requests are deleted. Managers erase
    them on the record.

    ``tests/suite/test_registry_privacy.py`` looks for a text that is not named.
    """

    _name = "crm.erasable.mixin"
    _description = "Erasable Texts"

    _erasable_texts: tuple[str, ...] = ()
    _erasing_group = MANAGER_GROUP  # who may, record by record

    def action_erase(self):
        """Remove what was written about people."""
        self.check_access("read")
        if not (self.env.su or self.env.user.has_group(self._erasing_group)):
            raise AccessError(self.env._("Only managers erase what was written."))
        self.sudo()._erase_person()

    def _erase_person(self):
        """Hook: forget the person. In SQL: such records are never changed otherwise."""
        self.flush_recordset()
        texts = [
            SQL(
                "%s = %s",
                SQL.identifier(name),
                ERASED if self._fields[name].required else None,
            )
            for name in self._erasable_texts
        ]
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET %s WHERE id = ANY(%s)",
                SQL.identifier(self._table),
                SQL(", ").join(texts),
                self.ids,
            )
        )
        self.invalidate_recordset(self._erasable_texts)
