"""One run of one program."""
