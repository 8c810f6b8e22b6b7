import re

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, email_split

# Mail providers that do not look at dots before the @.
DOTLESS = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}
PHONE_DIGITS = 9  # from the end: country codes and leading zeros are written or not
MIN_PHONE = 7
# What two people may have in common without misuse: a manager may allow it.
SHARED = ("email", "phone", "vat", "bank", "address")


def normalize_email(email):
    """The mailbox behind an address: without ``+tag``, and without dots at Google."""
    local, _at, domain = email.strip().lower().rpartition("@")
    local = local.partition("+")[0]
    if domain in DOTLESS:
        local, domain = local.replace(".", ""), DOTLESS[domain]
    return f"{local}@{domain}" if local and domain else ""


def normalize_phone(phone):
    """The last digits of a number; "" when it is too short to tell anything."""
    digits = re.sub(r"\D", "", phone or "")
    return digits[-PHONE_DIGITS:] if len(digits) >= MIN_PHONE else ""


def normalize_text(text):
    """Letters and digits only, in capitals."""
    return re.sub(r"[\W_]", "", text or "").upper()


class CrmLoyaltyReferral(models.Model):
    """What would be misuse: the same people on both sides, circles, old customers."""

    # pylint: disable-next=consider-merging-classes-inherited
    _inherit = "crm.loyalty.referral"

    @api.model
    def _get_check_labels(self):
        return super()._get_check_labels() + [
            ("email", self.env._("Both have the same e-mail address")),
            ("phone", self.env._("Both have the same phone number")),
            ("vat", self.env._("Both have the same tax ID")),
            ("bank", self.env._("Both have the same bank account")),
            ("address", self.env._("Both have the same address")),
            ("employee", self.env._("One of both is one of our own people")),
            ("ring", self.env._("They refer each other in a circle")),
            ("existing", self.env._("The customer had bought before")),
        ]

    def _find_refusal(self):
        refusal = super()._find_refusal()
        if refusal:
            return refusal
        if self._is_ring():
            return "ring"
        if self._is_existing_customer():
            return "existing"
        if self.sudo().allowed_by_id:
            return None
        one, other = (
            self._get_identity(member.partner_id)
            for member in (self.referrer_id, self.referred_id)
        )
        for name in SHARED:
            if one[name] & other[name]:
                return name
        return "employee" if self._is_one_of_us(one, other) else None

    @api.model
    def _get_family(self, partner):
        """The customer with all contacts, also archived ones."""
        partners = self.env["res.partner"].sudo().with_context(active_test=False)
        return partners.search([("commercial_partner_id", "in", partner.ids)])

    @api.model
    def _get_identity(self, partner):
        """What tells people apart, normalized: name of a check → set of values."""
        family = self._get_family(partner)
        emails = [mail for one in family for mail in email_split(one.email or "")]
        found = {
            "family": set(family.ids),
            "email": {normalize_email(email) for email in emails},
            "phone": {normalize_phone(one.phone) for one in family},
            "vat": {normalize_text(one.vat) for one in family},
            "bank": {normalize_text(bank.acc_number) for bank in family.bank_ids},
            "address": {
                normalize_text(
                    f"{one.street} {one.street2 or ''} {one.zip or one.city}"
                )
                for one in family
                if one.street and (one.zip or one.city)
            },
        }
        return {name: values - {""} for name, values in found.items()}

    @api.model
    def _is_one_of_us(self, *identities):
        """Whether one of them is a user or a company of ours."""
        users = self.env["res.users"].sudo().search([("share", "=", False)])
        families = set().union(*(one["family"] for one in identities))
        companies = self.env["res.company"].sudo()
        if companies.search_count([("partner_id", "in", list(families))], limit=1):
            return True
        ours = set(users.partner_id.ids)
        emails = {
            normalize_email(email)
            for user in users
            for email in (user.login, user.email)
            if email and "@" in email
        }
        return any(one["family"] & ours or one["email"] & emails for one in identities)

    def _is_ring(self):
        """Whether the referrer came by the new customer, over however many others."""
        self.ensure_one()
        self.flush_model()
        [[found]] = self.env.execute_query(
            SQL(
                """
                WITH RECURSIVE above AS (
                    SELECT %(referrer)s::int AS member_id
                     UNION
                    SELECT referral.referrer_id FROM above
                      JOIN crm_loyalty_referral referral
                        ON referral.referred_id = above.member_id
                     WHERE referral.state <> 'refused'
                )
                SELECT EXISTS (SELECT FROM above WHERE member_id = %(referred)s)
                """,
                referrer=self.referrer_id.id,
                referred=self.referred_id.id,
            )
        )
        return found

    def _is_existing_customer(self):
        """Whether there was an order or invoice before; at first, whether there is one."""
        self.ensure_one()
        day = self.referred_on if self.checked_on else None
        return self._has_bought(self.referred_id.partner_id, self.company_id, day)

    @api.model
    def _has_bought(self, partner, company, before=None):
        """Whether a customer has a confirmed order or a posted invoice.

        :param before: a day of ``company``; documents of it and later ones do not count
        """
        bought = Domain("partner_id", "in", self._get_family(partner).ids)
        orders = bought & Domain("state", "=", "sale")
        invoices = bought & Domain("state", "=", "posted")
        invoices &= Domain("move_type", "=", "out_invoice")
        if before:
            start = company._get_value_day_start(before)
            orders &= Domain("date_order", "<", start)
            invoices &= Domain("invoice_date", "<", before)
        return bool(
            self.env["sale.order"].sudo().search_count(orders, limit=1)
            or self.env["account.move"].sudo().search_count(invoices, limit=1)
        )
