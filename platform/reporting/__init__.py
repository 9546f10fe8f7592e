"""Reports, charts, dashboards and scheduled reports."""
