import {Component} from "@odoo/owl";
import {Explanation} from "@crm_value_tiering/explanation/explanation";
import {registry} from "@web/core/registry";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";

/** What winning the document would pay: asked for after the form is there. */
class Estimate extends Explanation {
    async fetch() {
        const {resModel, resId} = this.props;
        return await this.orm.call(resModel, "get_incentive_estimate", [[resId]]);
    }
}

/**
 * The estimate on a form, again when a field named by `watch` changes:
 *
 *     <widget name="incentive_estimate" watch="expected_revenue"/>
 */
class EstimateWidget extends Component {
    static template = "crm_team_incentives.EstimateWidget";
    static components = {Estimate};
    static props = {
        ...standardWidgetProps,
        watch: {type: Array, element: String, optional: true},
    };
    static defaultProps = {watch: []};

    get key() {
        const {record, watch} = this.props;
        return JSON.stringify([
            record.resId,
            ...watch.map((name) => record.data[name]),
        ]);
    }
}

registry.category("view_widgets").add("incentive_estimate", {
    component: EstimateWidget,
    extractProps: ({attrs}) => ({
        watch: attrs.watch?.split(",").map((name) => name.trim()),
    }),
});
