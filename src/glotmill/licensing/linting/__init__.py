"""What is wrong with the licenses in other people's tables of data sets."""
