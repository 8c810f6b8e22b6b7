import {Component, markup, onWillStart, onWillUpdateProps, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {KeepLast} from "@web/core/utils/concurrency";
import {useService} from "@web/core/utils/hooks";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";

/**
 * Why a profile says what it says: the server's one rendering of it, the template
 * `crm_value_tiering.value_explanation`, fetched when somebody looks.
 */
export class ValueExplanation extends Component {
    static template = "crm_value_tiering.ValueExplanation";
    static props = {
        profileId: {type: Number},
        // of a popover
        close: {type: Function, optional: true},
    };

    setup() {
        this.orm = useService("orm");
        this.state = useState({html: ""});
        this.keepLast = new KeepLast();
        onWillStart(() => this.load(this.props.profileId));
        onWillUpdateProps((nextProps) => this.load(nextProps.profileId));
    }

    async load(profileId) {
        const [profile] = await this.keepLast.add(
            this.orm.read("crm.value.profile", [profileId], ["explanation_html"]),
        );
        // The template escapes whatever it is given.
        this.state.html = markup(profile.explanation_html);
    }
}

/**
 * The explanation on a form:
 *
 *     <widget name="value_explanation" profile_field="value_profile_id"/>
 */
export class ValueExplanationWidget extends Component {
    static template = "crm_value_tiering.ValueExplanationWidget";
    static components = {ValueExplanation};
    static props = {
        ...standardWidgetProps,
        profileField: {type: String},
    };

    get profileId() {
        return this.props.record.data[this.props.profileField]?.id;
    }

    /** Another one when the tier of the same profile was set, or the day has changed. */
    get version() {
        const {value_tier_id, value_override_id, value_as_of} = this.props.record.data;
        return [
            this.profileId,
            value_tier_id?.id,
            value_override_id?.id,
            value_as_of?.toISODate?.(),
        ].join();
    }
}

export const valueExplanation = {
    component: ValueExplanationWidget,
    extractProps: ({attrs}) => ({profileField: attrs.profile_field}),
    supportedAttributes: [
        {
            label: _t("Field of the value profile"),
            name: "profile_field",
            type: "string",
        },
    ],
};

registry.category("view_widgets").add("value_explanation", valueExplanation);
