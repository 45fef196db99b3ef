"""What neural encoders and rerankers share: finding a model, judging its folder, loading it, its memory."""
