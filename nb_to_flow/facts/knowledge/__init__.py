"""What library APIs do, as data: one TOML file per library, looked up by qualified name."""
