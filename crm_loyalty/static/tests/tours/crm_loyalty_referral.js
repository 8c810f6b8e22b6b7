import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("crm_loyalty_referral", {
    steps: () => [
        {
            content: "Open the page of sales",
            trigger: ".o_notebook a[name=sales_purchases]",
            run: "click",
        },
        {
            content: "Make the customer a member, who has a link to give away",
            trigger: "button[name=action_get_referral_link]",
            run: "click",
        },
        {
            content: "The link is there to be copied",
            trigger: "[name=crm_referral_link]:contains(/recommended/)",
        },
        {
            content: "Say who brought the customer",
            trigger: "[name=crm_referral_code] input",
            run: "edit 0123-4567-89ab",
        },
        {
            content: "Save",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "It says what happens next",
            trigger: "[name=crm_referral_note]:contains(Brought by Loyalty Test A)",
        },
    ],
});
