# The warehouse and Airflow's own database, on one server inside the network.

resource "azurerm_postgresql_flexible_server" "this" {
  name                = "psql-${local.label}-${var.unique}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  version             = "18"
  sku_name            = var.postgres.sku
  storage_mb          = var.postgres.storage_mb
  auto_grow_enabled   = true
  tags                = local.tags

  delegated_subnet_id           = azurerm_subnet.warehouse.id
  private_dns_zone_id           = azurerm_private_dns_zone.this["warehouse"].id
  public_network_access_enabled = false

  # People log in with Entra. The services have passwords: a token of Entra ends after an hour, and neither Airflow nor
  # psycopg's pools ask for another.
  administrator_login               = "postgres"
  administrator_password_wo         = ephemeral.random_password.secret["postgres_password"].result
  administrator_password_wo_version = lookup(var.secret_versions, "postgres_password", 1)

  authentication {
    password_auth_enabled         = true
    active_directory_auth_enabled = true
    tenant_id                     = data.azurerm_client_config.current.tenant_id
  }

  backup_retention_days        = var.postgres.backup_days
  geo_redundant_backup_enabled = var.postgres.is_geo_redundant

  dynamic "high_availability" {
    for_each = var.postgres.standby == "none" ? [] : [var.postgres.standby]

    content {
      mode = high_availability.value
    }
  }

  # Sunday at noon: no night runs.
  maintenance_window {
    day_of_week  = 0
    start_hour   = 12
    start_minute = 0
  }

  lifecycle {
    # Azure chooses the zones, and changes them when the standby takes over. The disk grows by itself, and never back.
    ignore_changes = [zone, high_availability[0].standby_availability_zone, storage_mb]
  }

  depends_on = [azurerm_private_dns_zone_virtual_network_link.this]
}

resource "azurerm_postgresql_flexible_server_active_directory_administrator" "operators" {
  server_name         = azurerm_postgresql_flexible_server.this.name
  resource_group_name = azurerm_resource_group.this.name
  tenant_id           = data.azurerm_client_config.current.tenant_id
  object_id           = var.operators.object_id
  principal_name      = var.operators.name
  principal_type      = "Group"
}

# As docker-compose.yaml sets up its own server. Sizes are left to Azure, which knows the machine.
resource "azurerm_postgresql_flexible_server_configuration" "this" {
  for_each = {
    require_secure_transport = "on"
    ssl_min_protocol_version = "TLSv1.2"
    work_mem                 = "32768"
    jit                      = "off"
    max_connections          = tostring(var.postgres.max_connections)
  }

  name      = each.key
  server_id = azurerm_postgresql_flexible_server.this.id
  value     = each.value
}
