"""Settings of the embedded PostgreSQL."""

# A laptop's or a small server's share; the connections of one Odoo and some tools.
TUNING = {
    "shared_buffers": "512MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "effective_cache_size": "2GB",
    "max_wal_size": "4GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_connections": "60",
}
# Only for databases that are thrown away: a crash may lose them.
UNSAFE_TUNING = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum_naptime": "10min",
}
