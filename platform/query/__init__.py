"""One question to the records, whoever asks it: a value, compiled to one statement."""
