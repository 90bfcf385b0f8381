"""Run the command line as a module."""

from incident.cli.main import main

main()
