import {registry} from "@web/core/registry";

// A manager with an empty list of customers is led to the first tiers.
registry.category("web_tour.tours").add("crm_value_setup", {
    steps: () => [
        {
            content: "the empty list offers the set-up",
            trigger: ".o_nocontent_help a:contains('Set Up Customer Value')",
            run: "click",
        },
        {
            content: "purchases are confirmed orders",
            trigger:
                ".modal .o_statusbar_status .o_arrow_button_current:contains('What Counts')",
        },
        {
            trigger: ".modal button[name='action_next']:contains('Next')",
            run: "click",
        },
        {
            content: "amount matters most",
            trigger: ".modal div[name='preset'] label:contains('High spend')",
            run: "click",
        },
        {
            content: "the weights follow",
            trigger: ".modal div[name='weight_monetary'] input:value(50)",
        },
        {
            content: "a mistake",
            trigger: ".modal div[name='weight_monetary'] input",
            run: "edit 60",
        },
        {
            trigger: ".modal button[name='action_next']:contains('Next')",
            run: "click",
        },
        {
            content: "is refused with a sentence",
            trigger: ".modal .modal-body:contains('sum to 110 %')",
        },
        {
            trigger: ".modal:contains('sum to 110 %') .modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "and put right",
            trigger: ".modal div[name='weight_monetary'] input",
            run: "edit 50",
        },
        {
            trigger: ".modal button[name='action_next']:contains('Next')",
            run: "click",
        },
        {
            content: "tiers by share of customers",
            trigger:
                ".modal div[name='tier_rule'] input:checked + label:contains('Share of customers')",
        },
        {
            trigger: ".modal button[name='action_next']:contains('Show Preview')",
            run: "click",
        },
        {
            content: "ten customers, the best one among the examples",
            trigger:
                ".modal .o_value_setup_preview:contains('10 customers') td:contains('Value Test Rung 0')",
        },
        {
            content: "too few for a forecast: the preview says so",
            trigger:
                ".modal .o_value_setup_preview .alert:contains('No customer has bought twice')",
        },
        {
            content: "keep it and compute",
            trigger: ".modal button[name='action_save_and_compute']",
            run: "click",
        },
        {
            content: "ten customers were computed",
            trigger: ".o_form_view [name='customer_count']:contains('10')",
        },
    ],
});
