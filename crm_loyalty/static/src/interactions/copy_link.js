import {Interaction} from "@web/public/interaction";
import {browser} from "@web/core/browser/browser";
import {registry} from "@web/core/registry";

/** Copies the member's link; it stays selected where the browser forbids copying. */
export class CopyLink extends Interaction {
    static selector = ".o_crm_loyalty_link";
    dynamicContent = {
        button: {"t-on-click": this.copy},
    };

    async copy(ev) {
        const button = ev.currentTarget;
        this.el.querySelector("input").select();
        const clipboard = browser.navigator.clipboard;
        if (!clipboard) {
            return; // without https: the selected link is copied by hand
        }
        await this.waitFor(clipboard.writeText(button.dataset.clipboardText));
        const [before, after] = button.children;
        before.classList.add("d-none");
        after.classList.remove("d-none");
    }
}

registry.category("public.interactions").add("crm_loyalty.copy_link", CopyLink);
