import {_t} from "@web/core/l10n/translation";
import {markup} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

// As the search menu writes it, in the user's language.
const groupName = () => _t("Value Tier").toString();

// The first steps of a salesperson: offered by Odoo to users whose menu has "Onboarding"
// on, see data/web_tour_data.xml. From the tag to its reasons to the pipeline by tier.
registry.category("web_tour.tours").add("crm_value_tour", {
    url: "/odoo",
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            trigger: ".o_app[data-menu-xmlid='crm.crm_menu_root']",
            content: markup(
                _t(
                    "Do you know what each of your customers is worth? Open the <b>CRM</b>.",
                ),
            ),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: "button[data-menu-xmlid='crm_value_tiering.menu_value_root']",
            content: markup(_t("Everything about it is under <b>Customer Value</b>.")),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger:
                ".dropdown-item[data-menu-xmlid='crm_value_tiering.menu_value_profile']",
            content: _t("Begin with the list of all customers, the best ones first."),
            tooltipPosition: "right",
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row:first .o_data_cell[name='partner_id']",
            content: markup(
                _t(
                    "The coloured tag is the <b>tier</b>: what your company does for such customers depends on it. Open a customer.",
                ),
            ),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: ".o_form_view .o_customer_card_why",
            content: markup(
                _t(
                    "You find this card on contacts, opportunities and quotations. <b>Why</b> explains the tier and the figures.",
                ),
            ),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: ".modal .o_crm_explanation",
        },
        {
            trigger: ".modal footer .btn-primary",
            content: _t("Read how points and values add up, then close it."),
            tooltipPosition: "top",
            run: "click",
        },
        {
            trigger: "button[data-menu-xmlid='crm.crm_menu_sales']",
            content: _t("Now use it: which deals are with your best customers?"),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: ".dropdown-item[data-menu-xmlid='crm.menu_crm_opportunities']",
            content: markup(_t("Open your <b>pipeline</b>.")),
            tooltipPosition: "right",
            run: "click",
        },
        {
            trigger: ".o_opportunity_kanban .o_kanban_renderer",
        },
        {
            trigger: ".o_searchview_dropdown_toggler",
            content: _t("Filters and groupings are here."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: `.o_group_by_menu .o_menu_item:contains('${groupName()}')`,
            content: markup(
                _t(
                    "Group by <b>Value Tier</b> to see the deals of the best customers together.",
                ),
            ),
            tooltipPosition: "right",
            run: "click",
        },
    ],
});
