"""Engines that translate, one contract: programs, servers, models in this process."""
