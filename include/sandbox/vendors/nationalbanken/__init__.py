"""Danmarks Nationalbank and its StatBank, played."""
