import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("crm_complaints_lesson", {
    steps: () => [
        {
            content: "The agent's solution costs more than the team decides alone",
            trigger: ".o_notebook a[name=solution]",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=solution_ids] button[name=action_approve]",
            run: "click",
        },
        {
            content: "Approved: now it can be carried out",
            trigger: ".o_field_widget[name=solution_ids] button[name=action_carry_out]",
            run: "click",
        },
        {
            trigger:
                ".o_field_widget[name=solution_ids] .o_data_row:not(:has(button[name=action_carry_out]))",
        },
        {
            content: "And it must not happen again",
            trigger: "button[name=action_corrective]",
            run: "click",
        },
        {
            content: "Name and steps are there, from the template",
            trigger: ".o_field_widget[name=plan] li",
        },
        {
            trigger: ".o_field_widget[name=analysis] textarea",
            run: "edit The wire is clamped, not soldered",
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            trigger: "button[name=action_carried_out]",
            run: "click",
        },
        {
            content: "From now on complaints are counted",
            trigger: ".alert-info:contains('judged after')",
        },
    ],
});
