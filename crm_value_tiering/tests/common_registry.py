from odoo.tests import TransactionCase

AUTHOR = "CRM Value Suite contributors"


class RegistryCommon(TransactionCase):
    """What the add-ons of the suite brought into the registry.

    A new add-on falls under the tests that inherit this by its author.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        modules = cls.env["ir.module.module"].search(
            [("author", "=", AUTHOR), ("state", "=", "installed")]
        )
        cls.modules = set(modules.mapped("name"))
        cls.own = [
            model
            for model in cls.env.values()
            if model._original_module in cls.modules and not model._abstract
        ]

    def _get_rules(self, model, operation="read"):
        """Domains of the rules of ``model`` that hold for everybody."""
        rules = self.env["ir.rule"].search(
            [
                ("model_id.model", "=", model._name),
                ("groups", "=", False),
                (f"perm_{operation}", "=", True),
            ]
        )
        return rules.mapped("domain_force")

    def _is_open(self, model, *operations):
        """Whether somebody has one of the rights ``operations`` on ``model``."""
        lines = self.env["ir.model.access"].search(
            [("model_id.model", "=", model._name)]
        )
        return any(line[f"perm_{name}"] for line in lines for name in operations)

    def _get_own_fields(self):
        """(model, field) of the fields of the suite, those of core models included."""
        return [
            (model, field)
            for model in self.env.values()
            if not model._abstract
            for field in model._fields.values()
            if field._module in self.modules
        ]
