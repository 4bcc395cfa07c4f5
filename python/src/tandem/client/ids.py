"""How people name jobs and sweeps: by the beginning of an id, or as the newest one."""

#: So much of an id tells it from others, mostly.
SHORT = 8
#: The length of a whole one, without and with dashes.
WHOLE = (32, 36)
#: How people say that they mean the newest one.
NEWEST = ("last", "@last", "-")
