"""The generated pages: shell, lists, records, forms. Everything is made from metadata; no template knows a module by name.

`page.Page` is one request of one person; `views/` hold one file a kind of page; `fragments` finds the templates of field types.
"""
