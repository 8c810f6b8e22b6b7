"""Speed on much data; run by `make bench`, inside `odoo shell`."""
