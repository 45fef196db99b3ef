"""From files to documents and passages: encodings, columns, formats, rejects, splitting."""
