import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("crm_complaints_portal", {
    steps: () => [
        {
            trigger: "a[href='/my/complaints']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: "a[href='/my/complaints/new']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: "input#name",
            run: "edit My lamp is broken",
        },
        {
            trigger: "textarea#description",
            run: "edit It fell from the ceiling",
        },
        {
            trigger: "form[action='/my/complaints/new/send'] button[type=submit]",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "It has a number, and says where it is",
            trigger: "h3:contains('My lamp is broken')",
        },
        {
            trigger: "form[action$='/close'] button[type=submit]",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".alert-success",
        },
    ],
});
