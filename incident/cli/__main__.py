"""Run the command line as a module."""

from incident.cli.main import main

if __name__ == "__main__":  # a process that helps with large work imports this module and must not run it
    main()
