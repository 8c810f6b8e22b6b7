import {Component, useEffect, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {usePopover} from "@web/core/popover/popover_hook";
import {registry} from "@web/core/registry";
import {KeepLast} from "@web/core/utils/concurrency";
import {useService} from "@web/core/utils/hooks";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";
import {ValueExplanation} from "../value_explanation/value_explanation";

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
        this.why = usePopover(ValueExplanation, {
            popoverClass: "o_customer_card_popover",
            position: "bottom-start",
            role: "dialog",
            useBottomSheet: this.env.isSmall,
        });
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
        this.why.close();
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

    toggleWhy(ev) {
        if (this.why.isOpen) {
            this.why.close();
        } else {
            this.why.open(ev.currentTarget, {profileId: this.state.card.profile_id});
        }
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
