from datetime import timedelta

from odoo.addons.crm_value_tiering.tests.common import ValueCommon


class RetentionCommon(ValueCommon):
    """The ladder as of today, its last four rungs at high risk, and two lost customers.

    With so few repeat buyers the rule of thumb decides: high from 180 days of silence.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = cls.as_of = cls.company._get_value_today()
        cls.customers = cls._ladder()
        cls.at_risk = cls.customers[6:]
        cls.lost, cls.long_lost = cls.env["res.partner"].create(
            [{"name": "Value Test Lost"}, {"name": "Value Test Long Lost"}]
        )
        cls._buy(cls.lost, cls.as_of - timedelta(days=400), 300)
        cls._buy(cls.long_lost, cls.as_of - timedelta(days=600), 300)
        (cls.customers + cls.lost + cls.long_lost).user_id = cls.seller
        cls._run()
        cls.company.write(
            {
                "crm_value_save": True,
                "crm_value_winback": True,
                "crm_value_outreach_user_id": cls.manager.id,
            }
        )
        cls.actions = cls.env["crm.value.outreach"]

    def _schedule(self, company=None):
        return self.actions._schedule_company(company or self.company)

    def _pass_days(self, actions, days):
        """As if the actions had been scheduled earlier."""
        for action in actions:
            action.date -= timedelta(days=days)
        actions.flush_recordset()
