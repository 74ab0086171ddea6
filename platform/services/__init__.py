"""Services above the records: import of files, people. One module (or family) each."""
