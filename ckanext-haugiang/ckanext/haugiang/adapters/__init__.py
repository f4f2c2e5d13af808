"""All input and output, one file for each thing outside."""
