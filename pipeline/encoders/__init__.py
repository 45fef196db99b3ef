"""One module is one encoder backend; the folder is the registry. Siblings never import each other."""
