"""Data sets on their way in and out: everything passes through a parcel."""
