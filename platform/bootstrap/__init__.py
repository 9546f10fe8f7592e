"""The top floor: settings, logging, wiring, the web application, the server, the worker and the command line. Knows everybody."""
