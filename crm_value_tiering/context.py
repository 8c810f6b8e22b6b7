"""What the program says to itself in the context."""

# Any client may send a context, over RPC and with a message of the portal, but never
# this object: a key that turns a check off is compared with it, by ``is``.
OURS = object()
