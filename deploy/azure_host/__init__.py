"""What a machine in Azure runs beside docker-compose.yaml. Not named azure: programs of deploy/ would take it for Microsoft's package."""
