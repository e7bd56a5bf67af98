"""Running a notebook and its flow side by side, each in its own copy of the folder, and comparing."""
