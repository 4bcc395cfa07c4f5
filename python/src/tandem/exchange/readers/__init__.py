"""Each format that data sets come in, read into what a parcel is made of."""
