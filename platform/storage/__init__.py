"""Everything that knows what a database is: engines, tenants' databases, physical tables, publishing plans and search."""
