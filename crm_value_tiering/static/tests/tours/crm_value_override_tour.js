import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

// A manager sets the tier of the best customer, reads it in the list, and ends it.
registry.category("web_tour.tours").add("crm_value_override", {
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "open CRM",
            trigger: ".o_app[data-menu-xmlid='crm.crm_menu_root']",
            run: "click",
        },
        {
            content: "open the menu of customer value",
            trigger: "button[data-menu-xmlid='crm_value_tiering.menu_value_root']",
            run: "click",
        },
        {
            content: "open the customers",
            trigger:
                ".dropdown-item[data-menu-xmlid='crm_value_tiering.menu_value_profile']",
            run: "click",
        },
        {
            content: "open the best one",
            trigger: ".o_data_row:first .o_data_cell[name='partner_id']",
            run: "click",
        },
        {
            content: "open its Value page",
            trigger: ".o_form_view .o_notebook_headers a.nav-link[name='value']",
            run: "click",
        },
        {
            content: "set the tier",
            trigger: "button[name='action_set_value_tier']",
            run: "click",
        },
        {
            content: "choose Low",
            trigger: ".modal .o_field_widget[name='tier_id'] input",
            run: "edit Low",
        },
        {
            trigger: ".modal .o-autocomplete--dropdown-item:contains('Low')",
            run: "click",
        },
        {
            content: "say why",
            trigger: ".modal .o_field_widget[name='reason'] textarea",
            run: "edit Closes two shops",
        },
        {
            trigger: ".modal button[name='action_set']",
            run: "click",
        },
        {
            content: "the page says who set it, and why",
            trigger:
                "body:not(:has(.modal)) .o_crm_explanation:contains('Low: set by value_manager'):contains('because: Closes two shops.'):contains('The figures give High.')",
        },
        {
            content: "end it",
            trigger: "button[name='action_end_value_override']",
            run: "click",
        },
        {
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "the figures decide again",
            trigger:
                "body:not(:has(.modal)) .o_crm_explanation:contains('High: the value score of')",
        },
    ],
});
