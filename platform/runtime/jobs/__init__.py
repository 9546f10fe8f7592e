"""Work outside the request: outbox, job queue, schedules, and what carries them.

The tenant's database is the truth. Events are written to `sys_outbox` in the record's own transaction and turned into rows of
`sys_job` once; threads of the server or workers claim those rows. Redis only says "look now". See docs/jobs.md.
"""
