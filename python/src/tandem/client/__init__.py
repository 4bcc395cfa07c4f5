"""Jobs from Python: everything goes through the API of a gateway, here or elsewhere."""
