from dateutil.relativedelta import relativedelta
from markupsafe import Markup

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL


class CrmValueOutreach(models.Model):
    """The daily job that creates the activities.

    Per company, in one transaction: outcomes, then one INSERT that claims the outreach of
    the day, then their activities. Killed, it leaves nothing half done.
    """

    _inherit = "crm.value.outreach"  # pylint: disable=consider-merging-classes-inherited

    # --------------------------------------------------------------- scheduling
    @api.model
    def _schedule_company(self, company):
        """Do one company's work of the day; again, there is nothing left to do.

        :return: what was claimed; empty when another job is at it
        """
        outreach = self.sudo().with_company(company)
        if not self.env["crm.job.run"]._try_lock(company, self._name):
            return self.browse()
        self.env["crm.value.run"]._come_back(company)
        today = company._get_value_today()
        outreach._update_outcomes(company, today)
        if company.crm_value_contact:
            outreach._update_contact_outcomes(company, today)
        claimed = outreach._claim(company, today)
        claimed._create_activities(company, today)
        return claimed

    @api.model
    def _claim(self, company, today):
        options = self._get_options(company)
        if not options["kinds"]:
            return self.browse()
        self._flush_candidates()
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO crm_value_outreach
                       (company_id, partner_id, kind, episode, date, user_id, tier_id,
                        clv_predictive, outcome,
                        create_uid, create_date, write_uid, write_date)
                SELECT %(company)s, partner_id, kind, episode, %(today)s, user_id,
                       tier_id, clv_predictive, 'open',
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM (%(candidates)s) candidate
                 WHERE %(due)s
                 ORDER BY user_id, place
                ON CONFLICT (company_id, partner_id, kind, episode) DO NOTHING
                RETURNING id
                """,
                company=company.id,
                today=today,
                uid=self.env.uid,
                now=self.env.cr.now(),
                candidates=self._get_candidates_sql(company, today, options),
                due=self._get_due_sql(company, today, options),
            )
        )
        return self.browse(row[0] for row in rows)

    # --------------------------------------------------------------- activities
    def _create_activities(self, company, today):
        """Create the activities of the outreach, in few queries however many.

        The owners find them in their list; a mail for each would be ten a day.
        """
        if not self:
            return
        partners = self.partner_id
        partners.mapped("display_name")  # the activities' names, in one query
        profiles = self.env["crm.value.profile"].search_fetch(
            [("company_id", "=", company.id), ("partner_id", "in", partners.ids)]
        )
        profiles = {profile.partner_id.id: profile for profile in profiles}
        run = self.env["crm.value.run"].search(
            [("company_id", "=", company.id), ("state", "=", "done")], limit=1
        )
        vals_list, owners = [], []
        for outreach in self:
            profile = profiles[outreach.partner_id.id].with_context(
                lang=outreach.user_id.lang or self.env.lang
            )
            prepare = getattr(outreach, f"_prepare_{outreach.kind}_activities")
            for vals in prepare(profile, run.parameters or {}, today):
                vals_list.append(vals)
                owners.append(outreach)
        activities = (
            self.env["mail.activity"]
            .with_context(mail_activity_quick_update=True)
            .create(vals_list)
        )
        first = {}
        for outreach, activity in zip(owners, activities, strict=True):
            first.setdefault(outreach, activity)
        for outreach, activity in first.items():
            outreach.activity_id = activity

    def _prepare_save_activities(self, profile, parameters, today):
        return [self._prepare_activity("save", profile, parameters, today)]

    def _prepare_winback_activities(self, profile, parameters, today):
        return [self._prepare_activity("winback", profile, parameters, today)]

    @api.model
    def _get_activity_type(self, code):
        """The activity type of our data; unlike ``env.ref``, without a query each time."""
        return self.env["mail.activity.type"].browse(
            self.env["ir.model.data"]._xmlid_to_res_id(
                f"crm_value_retention.mail_activity_type_{code}",
                raise_if_not_found=True,
            )
        )

    def _prepare_activity(self, code, profile, parameters, today):
        """Values of an activity, in the language of the owner (that of ``profile``)."""
        activity_type = self._get_activity_type(code).with_env(profile.env)
        delay = relativedelta(**{activity_type.delay_unit: activity_type.delay_count})
        return {
            "res_model_id": self.env["ir.model"]._get_id("res.partner"),
            "res_id": self.partner_id.id,
            "activity_type_id": activity_type._get_in_use().id,
            "summary": activity_type.summary or activity_type.name,
            "note": self._get_note(profile, parameters),
            "date_deadline": today + delay,
            "user_id": self.user_id.id,
            "automated": True,
        }

    def _get_note(self, profile, parameters):
        """Why the owner should call, as HTML; figures and strategy are on the contact."""
        items = Markup().join(
            Markup("<li>%s</li>") % reason
            for reason in profile._get_churn_reasons(parameters)
        )
        return Markup("<ul>%s</ul>") % items

    def _reopen(self):
        """The loss was recorded wrongly: wait for a purchase again, with an activity."""
        self.write({"outcome": "open", "outcome_date": False, "churn_record_id": False})
        for company, outreach in self.grouped("company_id").items():
            today = company._get_value_today()
            outreach._update_outcomes(company, today)
            profiles = self.env["crm.value.profile"].search(
                [
                    ("company_id", "=", company.id),
                    ("partner_id", "in", outreach.partner_id.ids),
                ]
            )
            outreach.filtered(
                lambda one, known=profiles.partner_id: (
                    one.outcome == "open"
                    and one.user_id.active
                    and one.partner_id in known
                )
            )._create_activities(company, today)

    # --------------------------------------------------------------------- cron
    @api.model
    def _cron_schedule(self):
        """Every main company that wants it, one transaction each."""
        companies = self.env["res.company"].search(
            Domain("parent_id", "=", False)
            & Domain.OR(
                Domain(f"crm_value_{kind}", "=", True) for kind in self._get_kinds()
            )
        )
        self.env["crm.job.run"]._run_each(companies, self._schedule_company, self._name)

    def _prepare_contact_activities(self, profile, parameters, today):
        """One activity of the tier's kind, or those of its plan; archived ones count
        as not chosen."""
        tier = profile.tier_id
        vals = self._prepare_activity("contact", profile, parameters, today)
        vals["note"] = False
        kind = tier.contact_activity_type_id.filtered("active")
        if kind:
            vals |= {"activity_type_id": kind.id, "summary": kind.summary or kind.name}
        steps = tier.contact_plan_id.filtered("active").template_ids
        if not steps:
            return [vals]
        return [
            {
                **vals,
                "activity_type_id": step.activity_type_id._get_in_use().id,
                "summary": step.summary or step.activity_type_id.name,
                "note": step.note,
                "date_deadline": step._get_date_deadline(today),
                "user_id": self._get_responsible(step).id,
            }
            for step in steps
        ]

    def _get_responsible(self, step):
        """Whom the step of a plan names, unless they have left; else the owner."""
        found = step._determine_responsible(self.user_id, self.partner_id)
        return found["responsible"].filtered("active") or self.user_id

    @api.model
    def _update_contact_outcomes(self, company, today):
        """Contacted since, or not until the next contact was due.

        :return: number of rows decided
        """
        self.env["crm.value.profile"]._update_contacts(company, today)
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_value_outreach outreach
                   SET outcome = CASE WHEN profile.last_contact_date >= outreach.date
                                      THEN 'contacted' ELSE 'missed' END,
                       outcome_date = CASE WHEN profile.last_contact_date >= outreach.date
                                      THEN profile.last_contact_date ELSE %(today)s END,
                       write_uid = %(uid)s, write_date = %(now)s
                  FROM crm_value_profile profile
                  JOIN crm_value_tier tier ON tier.id = profile.tier_id
                 WHERE outreach.company_id = %(company)s AND outreach.kind = 'contact'
                   AND outreach.outcome = 'open'
                   AND profile.company_id = outreach.company_id
                   AND profile.partner_id = outreach.partner_id
                   AND (profile.last_contact_date >= outreach.date
                        OR outreach.date + tier.contact_days <= %(today)s)
                """,
                today=today,
                uid=self.env.uid,
                now=self.env.cr.now(),
                company=company.id,
            )
        )
        decided = self.env.cr.rowcount
        self.invalidate_model()
        return decided
