"""The end of a process's work."""

from tessera.runtime.runtime import Runtime


def close(runtime: Runtime) -> None:
    """Let running jobs end, then close every database connection."""
    runtime.carrier.stop()
    runtime.control.engines.dispose()
