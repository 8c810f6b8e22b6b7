import {registry} from "@web/core/registry";

const tours = registry.category("web_tour.tours");
const isNow = (state) =>
    `.o_statusbar_status .o_arrow_button_current:contains('${state}')`;

tours.add("crm_incentive_plan", {
    steps: () => [
        {
            content: "A version of the plan",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=plan_id] input",
            run: "edit Tour Plan",
        },
        {
            trigger: ".o-autocomplete--dropdown-item a:contains('Tour Plan')",
            run: "click",
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "Rules to start from",
            trigger: "button[name=action_take_template]",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=rule_ids] .o_data_row:nth-child(4)",
        },
        {
            trigger: "button[name=action_review]",
            run: "click",
        },
        {
            trigger: isNow("Reviewed"),
        },
    ],
});

tours.add("crm_incentive_approve_plan", {
    steps: () => [
        {
            trigger: "button[name=action_approve]",
            run: "click",
        },
        {
            trigger: ".modal .btn-primary",
            run: "click",
        },
        {
            trigger: isNow("Approved"),
        },
    ],
});

tours.add("crm_incentive_month", {
    steps: () => [
        {
            trigger: "button[name=action_compute]",
            run: "click",
        },
        {
            content: "The month says what it used",
            trigger: ".o_field_widget[name=last_summary]:contains('1 used')",
        },
        {
            trigger: "button[name=action_review]",
            run: "click",
        },
        {
            trigger: isNow("In Review"),
        },
    ],
});

tours.add("crm_incentive_simulation", {
    steps: () => [
        {
            content: "A draft, before it goes live",
            trigger: "button[name=action_simulate]",
            run: "click",
        },
        {
            content: "The computed months are proposed",
            trigger: ".o_field_widget[name=period_from_id] input:value('March 2024')",
        },
        {
            trigger: "button[name=action_compute]:contains('Compute')",
            run: "click",
        },
        {
            content: "Half of what was paid, and who loses",
            trigger: ".o_form_view:contains('(-50.0 %)')",
        },
        {
            content: "What it cannot know is said",
            trigger: ".o_form_view:contains('cannot know what people')",
        },
        {
            trigger: "button[name=action_open_rows]",
            run: "click",
        },
        {
            trigger: ".o_list_view .o_group_header:contains('incentive_r1')",
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row:contains('Rule 1')",
        },
    ],
});
