import {registry} from "@web/core/registry";

const tours = registry.category("web_tour.tours");

// A manager takes the usual plan, tries numbers and sends it to review.
tours.add("crm_incentive_plan", {
    steps: () => [
        {
            content: "open the plan",
            trigger: ".o_data_row .o_data_cell:contains('Incentive Test Plan')",
            run: "click",
        },
        {
            content: "begin a version",
            trigger:
                ".o_field_widget[name='version_ids'] .o_field_x2many_list_row_add a",
            run: "click",
        },
        {
            content: "from today on is good",
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            content: "save the plan",
            trigger: "body:not(:has(.modal)) .o_form_button_save",
            run: "click",
        },
        {
            content: "the version has its own page",
            trigger: ".o_form_saved, .o_form_view:has(.o_form_button_create)",
        },
        {
            content: "open the versions",
            trigger: ".o_menu_sections button:contains('Configuration')",
            run: "click",
        },
        {
            trigger: ".dropdown-item:contains('Versions')",
            run: "click",
        },
        {
            trigger: ".o_data_row .o_data_cell:contains('Incentive Test Plan')",
            run: "click",
        },
        {
            content: "four rules, weights and examples at once",
            trigger: "button[name='action_take_template']",
            run: "click",
        },
        {
            content: "each rule is a sentence",
            trigger:
                ".o_data_row:contains('2 % of the untaxed amount, for new customers')",
        },
        {
            content: "what each reading of the weights pays",
            trigger: ".nav-link:contains('Tier Weights')",
            run: "click",
        },
        {trigger: ".table-info:contains('2,888.89')"},
        {
            content: "try three numbers",
            trigger: "button[name='action_try']",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name='amount_1'] input",
            run: "edit 100000",
        },
        {
            trigger: ".modal .o_field_widget[name='is_complex'] input",
            run: "click",
        },
        {
            content: "2 % of 100,000, then the credit note of the second amount",
            trigger: ".modal .o_incentive_result tbody tr:contains('2,000.00')",
        },
        {
            trigger: ".modal .o_incentive_result tbody tr:contains('3,000.00')",
        },
        {
            trigger: ".modal footer .btn-primary:contains('Close')",
            run: "click",
        },
        {
            content: "the examples come out",
            trigger: "body:not(:has(.modal)) .nav-link:contains('Examples')",
            run: "click",
        },
        {trigger: ".o_data_row:contains('5,000.00')"},
        {
            content: "ready for a second person",
            trigger: "button[name='action_review']",
            run: "click",
        },
        {trigger: ".o_arrow_button_current:contains('Reviewed')"},
    ],
});

// A manager closes the month.
tours.add("crm_incentive_close", {
    steps: () => [
        {
            content: "begin the month",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "its days are proposed",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            trigger: "button[name='action_compute']",
            run: "click",
        },
        {
            content: "what was used, in words",
            trigger: ".o_field_widget[name='last_summary']:contains('1 used')",
        },
        {
            content: "2 % of a new customer's contract",
            trigger: ".o_data_row:contains('incentive_r1'):contains('2,000.00')",
        },
        {
            trigger: "button[name='action_review']",
            run: "click",
        },
        {trigger: ".o_arrow_button_current:contains('In Review')"},
    ],
});

// A salesperson opens the statement and asks why.
tours.add("crm_incentive_mine", {
    steps: () => [
        {
            content: "the month like a bank account",
            trigger: ".o_kanban_record:contains('2,000.00')",
            run: "click",
        },
        {
            content: "why, on the line",
            trigger: ".o_data_row .o_crm_explanation_button",
            run: "click",
        },
        {
            trigger: ".modal .o_crm_explanation:contains('100,000.00 V × 2 %')",
        },
        {
            trigger: ".modal footer .btn-primary:contains('Close')",
            run: "click",
        },
        {trigger: "body:not(:has(.modal)) .o_form_view"},
    ],
});

// A salesperson sees on the quotation what winning it would pay.
tours.add("crm_incentive_estimate", {
    steps: () => [
        {
            trigger: ".nav-link:contains('Pay')",
            run: "click",
        },
        {
            trigger: ".o_incentive_estimate:contains('If you win this: 1,240.00')",
        },
    ],
});
