import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

// A seller opens a lost customer and records why.
registry.category("web_tour.tours").add("crm_churn_record", {
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
            content: "open the customers to win back",
            trigger:
                ".dropdown-item[data-menu-xmlid='crm_value_retention.menu_value_lost']",
            run: "click",
        },
        {
            content: "open the one lost a short while ago",
            trigger:
                ".o_data_row .o_data_cell[name='partner_id']:contains(/Test Lost$/)",
            run: "click",
        },
        {
            content: "the activity is there",
            trigger: ".o-mail-Activity:contains('Lost: ask why, and make an offer')",
        },
        {
            content: "open its Value page",
            trigger: ".o_form_view .o_notebook_headers a.nav-link[name='value']",
            run: "click",
        },
        {
            content: "record the churn",
            trigger: "button[name='action_record_churn']",
            run: "click",
        },
        {
            content: "choose the reason",
            trigger: ".modal .o_field_widget[name='reason_id'] input",
            run: "edit No need",
        },
        {
            trigger:
                ".modal .o-autocomplete--dropdown-item:contains('No need any more')",
            run: "click",
        },
        {
            content: "say more",
            trigger: ".modal .o_field_widget[name='note'] textarea",
            run: "edit They sell it themselves now",
        },
        {
            trigger: ".modal button[name='action_record']",
            run: "click",
        },
        {
            content: "back on the contact",
            trigger: "body:not(:has(.modal)) .o_form_view",
        },
    ],
});
