"""The record service: the one way to create, change, remove and read a record.

`service.py` is the front; each step of a save is a file of its own, in the order in which a save meets them: `draft`,
`submission` (what was sent), `defaults`, `validation`, `locking`, `writing`, then `removal` and `bulk`.
"""
