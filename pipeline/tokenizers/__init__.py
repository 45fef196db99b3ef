"""One module is one tokenizer backend; the folder is the registry. Siblings never import each other."""
