import {Component, useEffect, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {KeepLast} from "@web/core/utils/concurrency";
import {useService} from "@web/core/utils/hooks";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";
import {ExplanationDialog} from "../explanation/explanation";

/**
 * The value of a customer at a glance, on any form that shows a contact.
 *
 *     <widget name="customer_card" partner_field="partner_id" company_field="company_id"/>
 *
 * Without `partner_field` the record of the form is the contact itself; without
 * `company_field`, or while that field is empty, the current company's value is shown.
 * The card is fetched beside the form, never before it, and shows nothing to a user who
 * may not see customer value.
 */
export class CustomerCard extends Component {
    static template = "crm_value_tiering.CustomerCard";
    static props = {
        ...standardWidgetProps,
        partnerField: {type: String, optional: true},
        companyField: {type: String, optional: true},
    };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({card: null});
        this.keepLast = new KeepLast();
        this.dialog = useService("dialog");
        useEffect(
            (partnerId, companyId) => {
                this.load(partnerId, companyId);
            },
            // The tier is no argument: when the form shows another one, ask again.
            () => [this.partnerId, this.companyId, this.tierId],
        );
    }

    get partnerId() {
        const {partnerField, record} = this.props;
        return partnerField ? record.data[partnerField]?.id : record.resId;
    }

    get partnerName() {
        const {partnerField, record} = this.props;
        return (partnerField ? record.data[partnerField] : record.data).display_name;
    }

    get companyId() {
        return this.props.record.data[this.props.companyField]?.id;
    }

    get tierId() {
        return this.props.record.data.value_tier_id?.id;
    }

    get churnClass() {
        return {low: "success", medium: "warning", high: "danger"}[
            this.state.card.churn.level
        ];
    }

    async load(partnerId, companyId) {
        const cards = await this.keepLast.add(
            partnerId
                ? this.orm.call("res.partner", "get_value_card", [[partnerId]], {
                      company_id: companyId || false,
                  })
                : Promise.resolve([]),
        );
        this.state.card = cards[0] || null;
    }

    openValue() {
        return this.action.doAction({
            type: "ir.actions.act_window",
            name: _t("Customer Value"),
            res_model: "crm.value.profile",
            res_id: this.state.card.profile_id,
            views: [[false, "form"]],
        });
    }

    openWhy() {
        this.dialog.add(ExplanationDialog, {
            resModel: "crm.value.profile",
            resId: this.state.card.profile_id,
            title: this.partnerName,
        });
    }
}

export const customerCard = {
    component: CustomerCard,
    extractProps: ({attrs}) => ({
        partnerField: attrs.partner_field,
        companyField: attrs.company_field,
    }),
    supportedAttributes: [
        {label: _t("Field of the contact"), name: "partner_field", type: "string"},
        {label: _t("Field of the company"), name: "company_field", type: "string"},
    ],
};

registry.category("view_widgets").add("customer_card", customerCard);
