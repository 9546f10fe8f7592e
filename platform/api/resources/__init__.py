"""The handlers: one file a subject. Each reads its request, makes one call to a service, and forms the answer."""
