"""A parcel on its way out: one module a form."""
