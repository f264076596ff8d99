"""How fast Frontdesk is: `make bench`."""
