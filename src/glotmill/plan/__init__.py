"""From a recipe and a project folder to a plan: checked before any data is read."""
