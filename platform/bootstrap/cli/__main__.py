"""`python -m tessera.bootstrap.cli`, where the command is not on the PATH."""

from tessera.bootstrap.cli import main

main(prog_name="tessera")
