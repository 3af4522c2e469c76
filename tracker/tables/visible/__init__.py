"""The only readers with a viewer."""
