import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("crm_complaints_day", {
    steps: () => [
        {
            content: "Take the most urgent free request",
            trigger: ".o_list_view button:contains('Take the Next')",
            run: "click",
        },
        {
            content: "It is mine; the guide says what is missing: nothing yet",
            trigger:
                ".o_form_view .o_field_widget[name=name] textarea, .o_form_view .o_field_widget[name=name] input",
        },
        {
            trigger: "button[name=action_next_stage]",
            run: "click",
        },
        {
            content: "A call is an answer",
            trigger:
                ".o_arrow_button_current:contains('Classify'), .o_statusbar_status .btn-primary:contains('Classify'), .o_statusbar_status [aria-checked=true]:contains('Classify')",
        },
        {
            trigger: "button[name=action_log_call]",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=note] textarea",
            run: "edit It flickers at night only",
        },
        {
            trigger: ".modal footer button[name=action_log]",
            run: "click",
        },
        {
            content: "Wait for the photo",
            trigger: "body:not(.modal-open) button[name=action_pause]",
            run: "click",
        },
        {
            trigger: ".modal footer button[name=action_pause]",
            run: "click",
        },
        {
            content: "Go on",
            trigger: "body:not(.modal-open) button[name=action_resume]",
            run: "click",
        },
        {
            content: "Responsible and severity are known: the next step",
            trigger:
                "body:not(.modal-open) .o_form_view:not(:has(button[name=action_resume])) button[name=action_next_stage]",
            run: "click",
        },
        {
            content: "The guide asks for the cause",
            trigger: ".alert-info .o_field_widget[name=root_cause] textarea",
        },
    ],
});
