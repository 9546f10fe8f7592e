"""Who is asking, and what they may: policy, scopes, passwords, access tokens, web sessions, principals.

Knows the tenant's system tables (`sys_credential`, `sys_token`, `sys_session`) and nothing of modules: who the users are it
asks through `ports.UserDirectory`.
"""
