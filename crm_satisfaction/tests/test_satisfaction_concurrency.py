import psycopg2

from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.crm_value_tiering.tests.common_concurrency import ConcurrencyCase


@tagged("post_install", "-at_install")
class TestSatisfactionConcurrency(ConcurrencyCase):
    """Two hosts tell of the same event, on connections of their own, with commits."""

    NAME = "Value Test Asked Twice"
    KEY = "test.concurrent,1"

    def setUp(self):
        super().setUp()
        self._delete_data()  # of a run that was killed
        self.addCleanup(self._delete_data)
        with self._session() as env:
            self.partner_id = env["res.partner"].create({"name": self.NAME}).id

    def _delete_data(self):
        """The guard lets nobody delete an answer: it is off for this one transaction."""
        with self._session() as env:
            table = "crm_satisfaction_answer"
            env.cr.execute(
                f"ALTER TABLE {table} DISABLE TRIGGER crm_satisfaction_answer_guard"
            )
            env.cr.execute(f"DELETE FROM {table} WHERE source_key = %s", [self.KEY])
            env.cr.execute(
                f"ALTER TABLE {table} ENABLE TRIGGER crm_satisfaction_answer_guard"
            )
            env["res.partner"].search([("name", "=", self.NAME)]).unlink()

    def _tell(self, env, answer):
        return env["crm.satisfaction.answer"]._record(
            [
                {
                    "partner_id": self.partner_id,
                    "answer": answer,
                    "source_key": self.KEY,
                }
            ]
        )

    def test_told_at_once(self):
        """The second host's view is too old: Odoo repeats it, and then it is known."""
        with self._session() as second:
            second.cr.execute("SELECT 1")  # here its view of the data is taken
            with self._session() as first:
                self.assertEqual(len(self._tell(first, 4)), 1)
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.errors.SerializationFailure) as caught,
            ):
                self._tell(second, 1)
            self.assertIsInstance(caught.exception, PG_CONCURRENCY_EXCEPTIONS_TO_RETRY)
            second.cr.rollback()
            self.assertFalse(self._tell(second, 1))
        with self._session() as env:
            answers = env["crm.satisfaction.answer"].search(
                [("source_key", "=", self.KEY)]
            )
            self.assertEqual(answers.mapped("answer"), [4])
