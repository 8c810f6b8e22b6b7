from odoo.tests import tagged

from .common import ValueCommon


@tagged("post_install", "-at_install")
class TestValueSelling(ValueCommon):
    """Which companies the scheduled jobs compute: those that sell, however they do."""

    def _assert_computed(self, expected):
        self.env.flush_all()
        companies = self.env["crm.value.run"]._get_companies_to_compute()
        self.assertEqual(self.company in companies, expected)

    def test_no_document(self):
        self._create_quotation(self._create_customer(), 10)
        self._assert_computed(False)

    def test_order(self):
        self._buy(self._create_customer(), self.as_of, 10)
        self._assert_computed(True)

    def test_invoice(self):
        self._invoice(self._create_customer(), self.as_of, 10)
        self._assert_computed(True)

    def test_receipt(self):
        """A shop that issues receipts has customers, too."""
        self._invoice(self._create_customer(), self.as_of, 10, move_type="out_receipt")
        self._assert_computed(True)
