import {Component, markup, onMounted, useState} from "@odoo/owl";
import {Dialog} from "@web/core/dialog/dialog";
import {_t} from "@web/core/l10n/translation";
import {ConnectionLostError, RPCError} from "@web/core/network/rpc";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";

/**
 * Why a record says what it says: `explanation_html` of a model that inherits
 * `crm.explanation.mixin`, fetched once, when somebody looks. For another record give it
 * another `t-key`.
 */
export class Explanation extends Component {
    static template = "crm_value_tiering.Explanation";
    static props = {
        resModel: {type: String},
        resId: {type: Number},
    };

    setup() {
        this.orm = useService("orm");
        this.state = useState({status: "loading", html: "", error: ""});
        // Users do not wait for it: the form is there first.
        onMounted(() => this.load());
    }

    async load() {
        this.state.status = "loading";
        try {
            const html = await this.fetch();
            if (html !== undefined) {
                // The server's template escapes whatever it is given.
                this.state.html = markup(html || "");
                this.state.status = "ready";
            } else {
                this.fail(_t("It does not exist any more."));
            }
        } catch (error) {
            if (error instanceof RPCError) {
                // Odoo's own errors are written for users.
                const told = error.exceptionName?.startsWith("odoo.exceptions.");
                this.fail(told ? error.data.message : "");
            } else if (error instanceof ConnectionLostError) {
                this.fail(_t("The connection was lost."));
            } else {
                throw error;
            }
        }
    }

    /** The HTML, undefined when the record is gone; others fetch something else. */
    async fetch() {
        const {resModel, resId} = this.props;
        const [record] = await this.orm.read(resModel, [resId], ["explanation_html"]);
        return record?.explanation_html;
    }

    fail(message) {
        this.state.error = message;
        this.state.status = "failed";
    }
}

/** The explanation in a dialog: `{title, resModel, resId}`. */
export class ExplanationDialog extends Component {
    static template = "crm_value_tiering.ExplanationDialog";
    static components = {Dialog, Explanation};
    static props = {
        ...Explanation.props,
        title: {type: String, optional: true},
        close: {type: Function},
    };

    get title() {
        return this.props.title ? _t("Why: %s", this.props.title) : _t("Why");
    }
}

/**
 * What the widgets have in common: which record of the view they are about.
 */
class ExplanationOf extends Component {
    static props = {
        ...standardWidgetProps,
        field: {type: String, optional: true},
        watch: {type: Array, element: String, optional: true},
    };
    static defaultProps = {watch: []};

    get resModel() {
        const {field, record} = this.props;
        return field ? record.fields[field].relation : record.resModel;
    }

    get resId() {
        const {field, record} = this.props;
        return field ? record.data[field]?.id : record.resId;
    }
}

const forView = {
    extractProps: ({attrs}) => ({
        field: attrs.field,
        watch: attrs.watch?.split(",").map((name) => name.trim()),
    }),
    supportedAttributes: [
        {label: _t("Field of the explained record"), name: "field", type: "string"},
    ],
};

/**
 * The explanation on a form:
 *
 *     <widget name="explanation"/>
 *     <widget name="explanation" field="value_profile_id" watch="value_tier_id,value_as_of"/>
 *
 * It is that of the form's record, or of the one that `field` refers to. It is fetched
 * again when another record is shown and when a field of the form named by `watch` changes.
 */
export class ExplanationWidget extends ExplanationOf {
    static template = "crm_value_tiering.ExplanationWidget";
    static components = {Explanation};

    get key() {
        const {record, watch} = this.props;
        return JSON.stringify([this.resId, ...watch.map((name) => record.data[name])]);
    }
}

/**
 * A button that opens the explanation in a dialog, for the rows of a list:
 *
 *     <widget name="explanation_button"/>
 */
export class ExplanationButton extends ExplanationOf {
    static template = "crm_value_tiering.ExplanationButton";

    setup() {
        this.dialog = useService("dialog");
    }

    open() {
        const {record} = this.props;
        this.dialog.add(ExplanationDialog, {
            resModel: this.resModel,
            resId: this.resId,
            title: record.data.display_name || "",
        });
    }
}

registry.category("view_widgets").add("explanation", {
    ...forView,
    component: ExplanationWidget,
    supportedAttributes: [
        ...forView.supportedAttributes,
        {label: _t("Fields to watch, by commas"), name: "watch", type: "string"},
    ],
});
registry.category("view_widgets").add("explanation_button", {
    ...forView,
    component: ExplanationButton,
    fieldDependencies: [{name: "display_name", type: "char"}],
    listViewWidth: 90,
});
