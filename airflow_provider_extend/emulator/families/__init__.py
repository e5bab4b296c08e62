"""One module per family of the API: its routes, the fields of its objects in each version, and how they are made."""
