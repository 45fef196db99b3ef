"""One module is one generator backend; the folder is the registry. Siblings never import each other."""
