"""The form on which people label, one component of a page: its Python side, and in ``assets`` what the browser runs."""
