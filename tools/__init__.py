"""What developers run: catalogues, the README's tables. Nothing here is part of the product."""
