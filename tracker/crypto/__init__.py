"""Keys, signed links, sealed files, and ids."""
