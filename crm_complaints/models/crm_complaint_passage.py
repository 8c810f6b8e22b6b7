from odoo import api, fields, models
from odoo.tools import SQL

from .crm_complaint import MAX_WAITED


class CrmComplaintPassage(models.Model):
    """One stay of a request in a step: when it came, when it went on, what it waited.

    Written in SQL by the steps, never by users. Time runs around the clock: nights and
    weekends are time of the customer, too. The last step has no stays.
    """

    _name = "crm.complaint.passage"
    _description = "Time of a Request in a Step"
    _order = "entered_at desc, id desc"
    _rec_name = "stage_id"

    complaint_id = fields.Many2one(
        "crm.complaint", required=True, index=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, readonly=True, ondelete="cascade"
    )
    team_id = fields.Many2one(related="complaint_id.team_id", store=True, index=True)
    type = fields.Selection(related="complaint_id.type", store=True)
    stage_id = fields.Many2one(
        "crm.complaint.stage",
        string="Step",
        required=True,
        index=True,
        readonly=True,
        ondelete="restrict",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="Who was responsible when the request left the step.",
    )
    entered_at = fields.Datetime(
        string="Came", required=True, readonly=True, index=True
    )
    left_at = fields.Datetime(string="Went On", readonly=True)
    visit = fields.Integer(
        readonly=True, default=1, help="1: for the first time; more: it came back."
    )
    is_return = fields.Boolean(
        string="Came Back",
        readonly=True,
        help="The request had been in the step before.",
    )
    waited_before = fields.Integer(
        readonly=True, help="Seconds that the request had waited when it came."
    )
    hours = fields.Float(
        readonly=True,
        digits=(12, 2),
        aggregator="avg",
        help="Hours in the step, around the clock. Empty while the request is there.",
    )
    waiting_hours = fields.Float(
        string="Hours Waiting",
        readonly=True,
        digits=(12, 2),
        aggregator="avg",
        help="Of these, hours of waiting for the customer, a supplier or a date.",
    )

    _one_open_uniq = models.UniqueIndex(
        "(complaint_id) WHERE left_at IS NULL", "A request is in one step at a time."
    )

    def init(self):
        """Stays of the requests that were there before stays were kept, from the log.

        What they waited in each step is not known: nothing.
        """
        result = super().init()
        self.env.cr.execute(
            """
            WITH change AS (
                SELECT message.res_id AS complaint_id, message.date AS at,
                       value.old_value_integer AS old_id,
                       value.new_value_integer AS new_id, value.id
                  FROM mail_tracking_value value
                  JOIN mail_message message ON message.id = value.mail_message_id
                  JOIN ir_model_fields field ON field.id = value.field_id
                 WHERE field.model = 'crm.complaint' AND field.name = 'stage_id'
                   AND message.model = 'crm.complaint'
            ), entry AS (
                SELECT complaint.id AS complaint_id, complaint.received_at AS at,
                       COALESCE((SELECT old_id FROM change
                                  WHERE change.complaint_id = complaint.id
                                  ORDER BY change.id LIMIT 1),
                                complaint.stage_id) AS stage_id, 0 AS place
                  FROM crm_complaint complaint
                 UNION ALL
                SELECT complaint_id, at, new_id, id FROM change
            ), stay AS (
                SELECT complaint_id, stage_id, at AS entered_at,
                       LEAD(at) OVER (PARTITION BY complaint_id ORDER BY place)
                           AS left_at,
                       ROW_NUMBER() OVER (PARTITION BY complaint_id, stage_id
                                          ORDER BY place) AS visit
                  FROM entry
            )
            INSERT INTO crm_complaint_passage
                   (complaint_id, company_id, team_id, type, stage_id, user_id,
                    entered_at, left_at, visit, is_return, waited_before, hours,
                    waiting_hours)
            SELECT complaint.id, complaint.company_id, complaint.team_id,
                   complaint.type, stage.id,
                   CASE WHEN stay.left_at IS NOT NULL THEN complaint.user_id END,
                   stay.entered_at,
                   CASE WHEN stay.left_at IS NOT NULL
                        THEN GREATEST(stay.left_at, stay.entered_at) END,
                   stay.visit, stay.visit > 1, 0,
                   CASE WHEN stay.left_at IS NOT NULL
                        THEN ROUND(EXTRACT(EPOCH FROM GREATEST(
                             stay.left_at - stay.entered_at, INTERVAL '0')) / 3600, 2)
                        END,
                   CASE WHEN stay.left_at IS NOT NULL THEN 0 END
              FROM stay
              JOIN crm_complaint complaint ON complaint.id = stay.complaint_id
              JOIN crm_complaint_stage stage ON stage.id = stay.stage_id
             WHERE stage.is_closed IS NOT TRUE
               AND NOT EXISTS (SELECT FROM crm_complaint_passage)
            """
        )
        return result

    @api.model
    def _pass_on(self, complaints, now):
        """These requests may be in another step than their last stay says.

        Two statements, however many requests. A stay begins when the one before ends,
        the first one when the request was received.
        """
        names = [
            "stage_id",
            "waited_seconds",
            "waiting_since",
            "received_at",
            "user_id",
        ]
        complaints.flush_recordset([*names, "company_id", "team_id", "type"])
        self.flush_model()
        waited = SQL(
            """
            LEAST(COALESCE(complaint.waited_seconds, 0)
                  + GREATEST(COALESCE(EXTRACT(EPOCH FROM
                        %s::timestamp - complaint.waiting_since), 0), 0), %s)::int
            """,
            now,
            MAX_WAITED,
        )
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_complaint_passage passage
                   SET left_at = GREATEST(%(now)s, passage.entered_at),
                       user_id = complaint.user_id,
                       hours = ROUND(EXTRACT(EPOCH FROM GREATEST(
                           %(now)s - passage.entered_at, INTERVAL '0')) / 3600, 2),
                       waiting_hours = ROUND(LEAST(
                           GREATEST(%(waited)s - passage.waited_before, 0),
                           EXTRACT(EPOCH FROM GREATEST(
                               %(now)s - passage.entered_at, INTERVAL '0'))
                       ) / 3600.0, 2)
                  FROM crm_complaint complaint
                 WHERE passage.complaint_id = complaint.id
                   AND complaint.id = ANY(%(ids)s) AND passage.left_at IS NULL
                   AND passage.stage_id <> complaint.stage_id
                """,
                now=SQL("%s::timestamp", now),
                waited=waited,
                ids=complaints.ids,
            )
        )
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_complaint_passage
                       (complaint_id, company_id, team_id, type, stage_id, entered_at,
                        visit, is_return, waited_before,
                        create_uid, create_date, write_uid, write_date)
                SELECT complaint.id, complaint.company_id, complaint.team_id,
                       complaint.type, complaint.stage_id,
                       COALESCE(earlier.left_at, complaint.received_at),
                       earlier.visits + 1, earlier.visits > 0, %(waited)s,
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM crm_complaint complaint
                  JOIN crm_complaint_stage stage ON stage.id = complaint.stage_id
                 CROSS JOIN LATERAL (
                       SELECT COUNT(*) FILTER (
                                  WHERE passage.stage_id = complaint.stage_id) AS visits,
                              CASE WHEN COUNT(*) > 0 THEN %(now)s::timestamp END
                                  AS left_at
                         FROM crm_complaint_passage passage
                        WHERE passage.complaint_id = complaint.id
                       ) earlier
                 WHERE complaint.id = ANY(%(ids)s) AND stage.is_closed IS NOT TRUE
                   AND NOT EXISTS (SELECT FROM crm_complaint_passage passage
                                    WHERE passage.complaint_id = complaint.id
                                      AND passage.left_at IS NULL)
                """,
                now=now,
                waited=waited,
                uid=self.env.uid,
                ids=complaints.ids,
            )
        )
        self.invalidate_model()
        complaints.invalidate_recordset(["passage_ids"])

    @api.model
    def _correct_receipt(self, complaints):
        """The first stay begins with the receipt, also when that is put right later."""
        complaints.flush_recordset(["received_at"])
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_complaint_passage passage
                   SET entered_at = LEAST(complaint.received_at, passage.left_at),
                       hours = ROUND(EXTRACT(EPOCH FROM passage.left_at
                           - LEAST(complaint.received_at, passage.left_at)) / 3600, 2)
                  FROM crm_complaint complaint
                 WHERE passage.complaint_id = complaint.id
                   AND complaint.id = ANY(%s)
                   AND passage.id = (SELECT MIN(id) FROM crm_complaint_passage
                                      WHERE complaint_id = complaint.id)
                """,
                complaints.ids,
            )
        )
        self.invalidate_model()
