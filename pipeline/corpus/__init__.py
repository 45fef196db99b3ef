"""From rows of files to documents and passages: reviews, published question sets, splitting."""
