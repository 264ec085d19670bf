"""What the whole package stands on: checks of arguments, optional packages, memory, Ctrl-C."""
