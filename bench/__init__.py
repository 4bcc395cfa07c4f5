"""How fast Tandem is, beside what people use today: `make bench`."""
