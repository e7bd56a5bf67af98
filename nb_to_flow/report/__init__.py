"""What the stages found, as text: JSON, tables, drawings. Data in, text out; nothing is printed here."""
