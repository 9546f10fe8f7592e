"""`tessera worker`."""

import click

from tessera.bootstrap.cli.process import ProcessOptions, pass_options


@click.command()
@pass_options
def worker(options: ProcessOptions) -> None:
    """Do background jobs until Ctrl-C (or SIGTERM); start as many as you like.

    Workers hear of new jobs through Redis (the setting redis_url) and look into the databases by themselves too, so that
    nothing waits for long while Redis is away. What runs when the worker is stopped may end; what does not is taken up by
    another.
    """
    from tessera.bootstrap.jobs import job_settings, known_kinds, known_subscribers
    from tessera.bootstrap.log import configure_logging
    from tessera.bootstrap.shutdown import close
    from tessera.bootstrap.wiring import build_publisher, build_runtime
    from tessera.runtime.jobs.worker import run_worker

    settings = options.settings()
    configure_logging(settings.log_level, settings.log_format)
    runtime = build_runtime(settings)
    build_publisher(runtime).recover_all()
    click.echo("Working. Stop with Ctrl-C.")
    try:
        run_worker(runtime, known_kinds(), known_subscribers(), runtime.clock, job_settings(settings))
    finally:
        close(runtime)
    click.echo("Stopped.")
