from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError


class CrmCompanyMixin(models.AbstractModel):
    """What belongs to one company, and stays there.

    A model that inherits this also has a global record rule, in its add-on's
    ``security/``: ``tests/suite`` looks for it. It is of the form ``company_id in
    company_ids``; where records are of main companies (``_of_main_company``), whoever
    works in a branch reads them: ``company_id parent_of company_ids``.
    """

    _name = "crm.company.mixin"
    _description = "Belongs to a Company"
    _check_company_auto = True
    # Whether a branch has none of its own: those of its main company are meant.
    _of_main_company = False

    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
    )

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        if not self._of_main_company:
            return super().create(vals_list)
        default = self.env.context.get("default_company_id") or self.env.company.id
        return super().create(
            [
                {
                    **vals,
                    "company_id": self._get_main(vals.get("company_id") or default),
                }
                for vals in vals_list
            ]
        )

    @api.model
    def _get_main(self, company_id):
        """Id of the main company; what is no id is left to Odoo's own checks."""
        if not isinstance(company_id, int):
            return company_id
        return self.env["res.company"].browse(company_id)._get_value_root().id

    def write(self, vals):
        """The company is chosen once: figures and rights follow from it."""
        self.check_access("write")
        if "company_id" in vals and any(
            record.company_id.id != vals["company_id"] for record in self
        ):
            raise UserError(
                self.env._(
                    "The company cannot be changed afterwards. Create a new record in "
                    "the other company instead."
                )
            )
        return super().write(vals)

    @api.model
    def _check_values(self, vals):
        """Refuse what no column takes, in words: remote callers may send anything.

        For models that look at values before Odoo does; of numbers and dates see
        ``crm.limits.mixin``.
        """
        if not isinstance(vals, dict):
            raise TypeError(f"values of a record expected, not {type(vals).__name__}")
        for name, value in vals.items():
            if value and name in self._fields and not self._is_value(name, value):
                raise ValidationError(
                    self.env._(
                        "“%(value)s” is no value for “%(field)s”.",
                        value=str(value)[:100],
                        field=self._fields[name]._description_string(self.env),
                    )
                )

    @api.model
    def _is_value(self, name, value):
        kind = self._fields[name].type
        if kind == "many2one":
            return type(value) is int and 0 < value < 2**31
        if kind not in ("char", "text", "selection", "reference"):
            return True
        if not isinstance(value, str) or "\0" in value:
            return False
        if kind == "selection":
            return value in self._fields[name].get_values(self.env)
        if kind == "reference":
            model, _comma, number = value.partition(",")
            return model in self.env and number.isdecimal() and int(number) < 2**31
        return True

    def _check_company(self, fnames=None):
        """Odoo's message names the record of another company: not to those who may not
        read it."""
        for name in self._fields if fnames is None else fnames:
            field = self._fields[name]
            if (
                field.relational
                and field.check_company
                and not self.mapped(name).has_access("read")
            ):
                raise AccessError(
                    self.env._(
                        "“%(field)s” is nothing that you may see.",
                        field=field._description_string(self.env),
                    )
                )
        return super()._check_company(fnames)
