"""From stored apps and a tenant's overlay to the version that serves: plan, apply, backfill, recover, and load again.

`layers` what is stored · `proposal` old and new side by side · `plan` what a publish would do, in words · `backfills` values that
existing records get · `catalogs` compiled versions for servers · `publisher` the calls.
"""
