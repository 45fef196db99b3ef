"""One module is one reranker backend; the folder is the registry. Siblings never import each other."""
