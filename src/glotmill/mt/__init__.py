"""What translation is made of: blocks, masks, documents in segments, backends, checks."""
