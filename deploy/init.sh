#!/bin/bash
# First start: install the modules and set the administrator's password. Later starts:
# upgrade the modules that have a newer version. May be interrupted and run again.
#
# Reads PGHOST, PGUSER, PGPASSWORD and PGDATABASE like Odoo itself, and:
#   CRM_MODULES         what to install, separated by commas
#   CRM_LANGUAGES       languages to load
#   CRM_ADMIN_PASSWORD  the first password of the user "admin"
set -euo pipefail

: "${PGDATABASE:?is not set}" "${CRM_MODULES:?is not set}" "${CRM_LANGUAGES:?is not set}"
: "${CRM_ADMIN_PASSWORD:?is not set: there is no default password}"

# Written together with the password, so that a first start that was interrupted before
# is repeated and one that was not never resets a password.
marker=crm.deploy.installed

query() {
    psql --no-psqlrc --tuples-only --no-align --dbname "$1" --command "$2"
}

# Assignments, not conditions: a failing query must end the script, not look like "no".
exists=$(query postgres "SELECT 1 FROM pg_database WHERE datname = '$PGDATABASE'")
table=""
installed=""
if [[ $exists ]]; then
    table=$(query "$PGDATABASE" "SELECT to_regclass('ir_config_parameter')")
fi
if [[ $table ]]; then
    installed=$(query "$PGDATABASE" \
        "SELECT 1 FROM ir_config_parameter WHERE key = '$marker'")
fi

if [[ $installed ]]; then
    echo "init: upgrading modules that have a newer version"
    odoo module upgrade --database "$PGDATABASE" all --outdated
else
    echo "init: installing $CRM_MODULES"
    odoo --database "$PGDATABASE" --init "$CRM_MODULES" \
        --load-language "$CRM_LANGUAGES" --stop-after-init --no-http
    odoo shell --database "$PGDATABASE" --no-http <<PYTHON
import os
env.ref("base.user_admin").password = os.environ["CRM_ADMIN_PASSWORD"]
env["ir.config_parameter"].set_param("$marker", "1")
env.cr.commit()
PYTHON
fi
echo "init: done"
