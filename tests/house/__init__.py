"""The laws of the house: what must hold for every file, whoever writes it."""
