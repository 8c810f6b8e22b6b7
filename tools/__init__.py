"""The front door of the checkout: everything `make` does, in small plain files.

Started by the system's python with nothing but the standard library, it builds what it
needs below `var/` and goes on inside the virtual environment it made.
"""
