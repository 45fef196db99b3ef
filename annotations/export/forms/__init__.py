"""The forms of export: a module is a form (see ``annotations.export.form``)."""
