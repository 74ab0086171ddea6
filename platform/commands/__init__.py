"""The command line: a module per group of commands; `program.py` is what all share."""
