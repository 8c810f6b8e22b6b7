from odoo.addons.crm_value_tiering.tests.common import ValueCommon


class SatisfactionCommon(ValueCommon):
    """Shortcuts to record answers as another module would."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.answers = cls.env["crm.satisfaction.answer"]

    @classmethod
    def _say(cls, partner, answer, kind="csat", day=None, **vals):
        """One answer, told by another module; a key per call."""
        cls.told = getattr(cls, "told", 0) + 1
        return cls.answers._record(
            [
                {
                    "partner_id": partner.id,
                    "kind": kind,
                    "answer": answer,
                    "date": day or cls.as_of,
                    "company_id": cls.company.id,
                    "source_key": f"test,{cls.told}",
                    **vals,
                }
            ]
        )

    @classmethod
    def _say_all(cls, partner, answers, kind="csat", **vals):
        return cls.answers.union(
            *(cls._say(partner, answer, kind, **vals) for answer in answers)
        )
