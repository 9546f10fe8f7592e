"""Field types: one file per type, whole in its file; `registry.py` is the table of contents, `base.py` the contract.

Beside the types stand the pieces that several of them share: reading typed input (`text_input`, `number_input`,
`date_input`), relative periods (`periods`), SQL for filters (`comparison`, `folding`), and safe cells (`cells`).
"""
