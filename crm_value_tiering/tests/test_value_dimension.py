from odoo import api, fields, models
from odoo.orm.model_classes import add_to_registry
from odoo.tests import tagged
from odoo.tools import SQL

from .common import ValueCommon

PARAMETERS = "crm.value.parameters"
PROFILE = "crm.value.profile"
ENGINE = "crm.value.engine"


class ForeignParameters(models.AbstractModel):
    _module = None
    _name = PARAMETERS
    _inherit = [PARAMETERS]

    weight_referrals = fields.Integer(string="Referrals (%)", default=0)

    @api.model
    def _get_dimension_weight_fields(self):
        return [*super()._get_dimension_weight_fields(), "weight_referrals"]


class ForeignProfile(models.Model):
    _module = None
    _name = PROFILE
    _inherit = [PROFILE]

    score_referrals = fields.Integer(string="Referrals", readonly=True)
    referral_count = fields.Integer(string="Friends", readonly=True)

    def _get_measure_text(self, run, code):
        if code == "referrals":
            return "friends brought along"
        return super()._get_measure_text(run, code)


class ForeignEngine(models.AbstractModel):
    _module = None
    _name = ENGINE
    _inherit = [ENGINE]

    @api.model
    def _get_dimensions(self, parameters=None):
        return [
            *super()._get_dimensions(parameters),
            {
                "code": "referrals",
                "measure": SQL("friend.count"),
                "field": "referral_count",
                "join": SQL(
                    "LEFT JOIN (SELECT id AS partner_id, color AS count"
                    " FROM res_partner WHERE color > 0) friend"
                    " ON friend.partner_id = f.partner_id"
                ),
            },
        ]

    @api.model
    def _get_place_columns(self, job):
        """What is joined is at hand here, and goes by its name from here on."""
        return super()._get_place_columns(job) | {"referral_count": SQL("friend.count")}

    @api.model
    def _get_profile_columns(self, job):
        columns = super()._get_profile_columns(job)
        return columns | {"referral_count": SQL("f.referral_count")}


@tagged("post_install", "-at_install")
class TestValueDimension(ValueCommon):
    """A module that is not this one adds a dimension, with the hooks it would use."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for definition in (ForeignParameters, ForeignProfile, ForeignEngine):
            model = cls.registry[definition._name]
            # The registry sets itself up again at the end of the class, without them.
            cls.addClassCleanup(
                setattr, model, "_base_classes__", model._base_classes__
            )
            add_to_registry(cls.registry, definition)
        cls.registry._setup_models__(cls.env.cr, [])
        for table, column in (
            ("crm_value_policy", "weight_referrals"),
            ("crm_value_profile", "score_referrals"),
            ("crm_value_profile", "referral_count"),
        ):
            cls.env.cr.execute(
                SQL(
                    "ALTER TABLE %s ADD COLUMN %s int4",
                    SQL.identifier(table),
                    SQL.identifier(column),
                )
            )

    def test_plugged_in(self):
        """It is measured, weighed, explained and kept, beside those of the module."""
        customers = self._ladder()
        for friends, customer in enumerate(customers[:5]):
            customer.color = friends
        self._set_model(
            weight_recency=30, weight_monetary=10, weight_frequency=30,
            weight_variety=10, weight_referrals=20,
        )  # fmt: skip
        self._run()
        most, fewest, none = (self._profile(customers[n]) for n in (4, 1, 0))
        self.assertGreater(most.score_referrals, fewest.score_referrals)
        self.assertFalse(none.score_referrals, "unknown: the other weights take over")
        why = most._get_explanation()
        [part] = [p for p in why["dimensions"] if p["code"] == "referrals"]
        self.assertEqual(part["label"], "Referrals")
        self.assertEqual(part["measure"], "friends brought along")
        self.assertEqual(part["weight"], "20")
        self.assertEqual(part["comparison"], "more than all other customers")
        self.assertEqual(most.referral_count, 4)
        self.assertEqual(self._run().written_count, 0)
        columns = self.env[PROFILE]._get_export_columns(with_reasons=False)
        self.assertIn("Referrals", [header for header, _kind, _get in columns])
