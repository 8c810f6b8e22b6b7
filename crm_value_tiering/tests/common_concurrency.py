import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import psycopg2

from odoo import SUPERUSER_ID, api
from odoo.tests import TransactionCase
from odoo.tools import mute_logger

from odoo.addons.base.tests.common import DISABLED_MAIL_CONTEXT


class ConcurrencyCase(TransactionCase):
    """Several people and jobs at once, each on a connection with commits of its own.

    What a test commits it deletes again, before and after: see ``addCleanup``.
    """

    # Of the sessions, once there is one.
    company_id = False

    @contextmanager
    def _session(self, uid=SUPERUSER_ID, **context):
        """An environment on a connection of its own, committed at the end."""
        if self.company_id:
            context.setdefault("allowed_company_ids", [self.company_id])
        with self.registry.cursor() as cr:
            # Waiting for each other must fail a test, not stop the whole suite.
            cr.execute("SET lock_timeout = '20s'")
            cr.commit()  # pylint: disable=invalid-commit
            yield api.Environment(cr, uid, {**DISABLED_MAIL_CONTEXT, **context})

    def _run_hosts(self, work, hosts=4):
        """Let several hosts begin in the same moment.

        :param work: function of an environment that returns something that has a length
        :return: the lengths, 0 of a host whose view of the data was too old
        """
        start = threading.Barrier(hosts)

        def begin(env):
            start.wait(timeout=30)
            try:
                done = len(work(env) or [])
                env.cr.commit()
            except psycopg2.errors.SerializationFailure:
                env.cr.rollback()
                return 0
            return done

        with ExitStack() as stack, ThreadPoolExecutor(hosts) as pool:
            # Here, because the test's own thread holds the lock of the registry.
            sessions = [stack.enter_context(self._session()) for _host in range(hosts)]
            with mute_logger("odoo.sql_db"):
                return list(pool.map(begin, sessions, timeout=60))
