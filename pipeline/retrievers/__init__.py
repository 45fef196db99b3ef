"""One module is one retriever backend; the folder is the registry. Siblings never import each other."""
