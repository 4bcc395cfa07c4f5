"""Jobs that begin when a file is dropped into a bucket."""
