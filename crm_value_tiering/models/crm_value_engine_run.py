from odoo import api, models

from .crm_value_engine import ValueJob


class CrmValueEngine(models.AbstractModel):
    """The stages of a computation, in their order."""

    _inherit = "crm.value.engine"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _run(self, company, policy, as_of, hysteresis=True, scope=None, base=None):
        """Compute all profiles of ``company`` as of its local day ``as_of``.

        A look at the past (see ``kind`` of the run) shows the tiers that the figures of
        that day give, and leaves no trace: no transition, no lead changes, and the next
        computation goes on from where the history ended.

        The caller holds the company's lock and has the right to do so: this runs in
        superuser mode because no user may write profiles.

        :param hysteresis: whether the tiers of the previous computation hold a customer
            back from falling
        :param scope: SQL of the commercial partners to compute; default: all customers
        :param base: the run whose scales, forecast and tier limits to apply instead
            of learning them from all customers. With the same base a computation of some
            customers gives them what a computation of all would.
        :return: the job, with ``counts``, ``calibration`` and ``fit`` filled
        """
        engine = self.sudo().with_company(company)
        job = engine._prepare_job(company, policy, as_of, hysteresis, scope)
        engine._tune_session()
        engine.env["crm.value.source"]._flush_source()
        engine._flush_targets()
        engine._keep_present(job)
        engine._collect_facts(job)
        if base:
            job.calibration, job.fit = base.calibration, base.fit
            job.scales = engine._get_scales(job.calibration)
        else:
            engine._calibrate_dimensions(job)
            engine._calibrate_forecast(job)
        engine._score(job)
        if not base:
            engine._calibrate_tiers(job)
        engine._store_profiles(job)
        if not job.is_look:
            engine._update_leads(job)
        engine._forget_present(job)
        engine._invalidate_targets()
        return job

    @api.model
    def _prepare_job(self, company, policy, as_of, hysteresis, scope=None):
        policy._check_tier_lines()  # what tiers have become since it was written
        parameters = policy._get_parameters()
        run = self.env["crm.value.run"].browse(self.env.context.get("crm_value_run_id"))
        is_look = run.kind == "look"
        return ValueJob(
            company=company,
            as_of=as_of,
            scope=scope,
            hysteresis=hysteresis and not is_look,
            run_id=run.id or None,
            is_look=is_look,
            was_look=run._is_looking(company),
            parameters=parameters,
            dimensions=self._get_dimensions(parameters),
        )

    @api.model
    def _flush_targets(self):
        for name in (
            "crm.value.profile",
            "crm.value.transition",
            "crm.value.override",
            "crm.value.present",
            "crm.value.tier",
            "crm.lead",
            "res.users",
        ):
            self.env[name].flush_model()

    @api.model
    def _invalidate_targets(self):
        for name in ("crm.value.profile", "crm.value.transition"):
            self.env[name].invalidate_model()
        self.env["crm.lead"].invalidate_model(["value_tier_id", "priority"])
        partners = self.env["res.partner"]
        partners.invalidate_model(["value_profile_id", *partners._get_value_fields()])
        self.env["sale.order"].invalidate_model(["value_tier_id", "value_tier_color"])
