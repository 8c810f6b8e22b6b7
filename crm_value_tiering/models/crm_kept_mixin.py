from odoo import api, models
from odoo.exceptions import UserError


class CrmKeptMixin(models.AbstractModel):
    """Fields that say what the program found or what a button did, not what people type.

    ``readonly`` on a field binds screens only; remote calls and imports write it all the
    same. A model that inherits this names such fields in ``_kept``: users can neither
    create nor write records with them, the program does so as superuser.
    """

    _name = "crm.kept.mixin"
    _description = "Fields Kept by the Program"
    _kept: frozenset[str] | tuple[str, ...] = ()

    @api.model
    def _get_kept(self, is_new):
        """Hook: names of the fields that users may not set.

        :param is_new: whether a record is being created
        """
        return set(self._kept)

    @api.model
    def _check_kept(self, names, is_new=False):
        """:raise UserError: when a user sets what only the program may"""
        refused = self._get_kept(is_new) & set(names)
        if refused and not self.env.su:
            field = self._fields[min(refused)]
            raise UserError(
                self.env._(
                    "“%(field)s” follows from what happens. Use the buttons.",
                    field=field._description_string(self.env),
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        self._check_kept(set().union(*vals_list), is_new=True)
        return super().create(vals_list)

    def write(self, vals):
        self.check_access("write")
        self._check_kept(vals)
        return super().write(vals)
