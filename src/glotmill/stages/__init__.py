"""Steps that judge or change documents one by one: one spec and one callable per file."""
