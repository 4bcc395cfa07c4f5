"""One module a family of analyses. A class here is in the catalogue; nothing else has to be told."""
