from odoo.tests import tagged

from odoo.addons.crm_value_tiering.tests.common import BiHttpCommon

from .common import SatisfactionCommon


@tagged("post_install", "-at_install")
class TestSatisfactionBi(SatisfactionCommon, BiHttpCommon):
    """What a reporting tool reads of answers."""

    def test_rights(self):
        self._check_readable("crm_satisfaction", {"crm.satisfaction.answer"})

    def test_without_a_list_of_fields(self):
        """What a tool asks for that knows no fields: the figures, not the words."""
        self._say(self.customers[0], 2, comment="Secret")
        [row] = self._call("crm.satisfaction.answer", "search_read", domain=[])
        self.assertEqual(row["answer"], 2)
        self.assertNotIn("comment", row)
