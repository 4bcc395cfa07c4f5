"""Who may do what, from where, and how much: one layer of ASGI each, from the outermost inwards."""
