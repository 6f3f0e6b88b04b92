"""`longvid mcp`: films for programs that speak the Model Context Protocol. Needs longvid[mcp]; imports nothing here."""
