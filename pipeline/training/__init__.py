"""Commands that fit the small models in ``models/``. Nothing here runs when a question is answered."""
