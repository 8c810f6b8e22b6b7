"""A reporting tool reads no words, and who may not write learns only that."""

from __future__ import annotations

from odoo.exceptions import AccessError
from odoo.models import BaseModel
from odoo.tests import tagged

from odoo.addons.crm_value_retention.tests.common import RetentionCommon
from odoo.addons.crm_value_tiering.tests.common_registry import RegistryCommon
from odoo.addons.crm_value_tiering.wizards.crm_value_bi_key import BI_GROUP

WORDS = ("char", "text", "html", "json", "reference")
# Names of what is defined: figures mean nothing without them.
DEFINITIONS = {
    "crm.metric.code",
    "crm.metric.denominator_label",
    "crm.metric.description",
    "crm.metric.name",
    "crm.metric.numerator_label",
    "crm.value.tier.name",
    "crm.value.tier.strategy",
}


@tagged("standard", "post_install", "-at_install")
class TestRegistryTexts(RegistryCommon, RetentionCommon):
    def test_a_reporting_tool_reads_no_words(self) -> None:
        """Numbers, days and names of what is defined; see docs/bi-access.md."""
        group = self.env.ref(BI_GROUP)
        reader = self._create_user("suite_reader", BI_GROUP)
        lines = self.env["ir.model.access"].search([("group_id", "=", group.id)])
        models = [self.env[name] for name in lines.mapped("model_id.model")]
        self.assertGreater(len(models), 6)
        for model in models:
            seen = model.with_user(reader)
            for field in model._fields.values():
                if field.type not in WORDS or not self._is_written(field):
                    continue
                if str(field) not in DEFINITIONS:
                    with self.subTest(field=str(field)):
                        self.assertFalse(seen._has_field_access(field, "read"))

    def _is_written(self, field) -> bool:
        """Whether people write it, there or where it is related to."""
        while field.related:
            field = field.related_field
            if str(field) in DEFINITIONS:
                return False
        return field.store and bool(field.column_type)

    def test_who_may_not_write_is_refused_as_such(self) -> None:
        """Whatever they write, also what is there already."""
        reader = self._create_user("suite_reader", BI_GROUP)
        for model in self.own:
            record = self._get_record(model)
            for user in (self.outsider, self.portal, self.seller, reader):
                records = model.with_user(user)
                if records.has_access("write"):
                    continue
                for vals in ({}, {"company_id": 0}, {"id": 0}, {"no_such_field": 1}):
                    with (
                        self.subTest(model=model._name, user=user.login, vals=vals),
                        self.assertRaises(AccessError),
                    ):
                        records.browse(record.ids or [1]).write(vals)

    def _get_record(self, model: BaseModel) -> BaseModel:
        return model.search([], limit=1)
