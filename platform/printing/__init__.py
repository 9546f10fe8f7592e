"""Print templates and what is made of them: PDF and Excel."""
