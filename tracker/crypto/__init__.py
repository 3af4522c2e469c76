"""Keys, signed links, sealed files, ids."""
