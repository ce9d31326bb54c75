# Lake, vault and registry have addresses inside the network, and their public names lead there.

locals {
  endpoints = {
    blob     = { zone = "privatelink.blob.core.windows.net", resource = azurerm_storage_account.lake.id }
    dfs      = { zone = "privatelink.dfs.core.windows.net", resource = azurerm_storage_account.lake.id }
    vault    = { zone = "privatelink.vaultcore.azure.net", resource = azurerm_key_vault.this.id }
    registry = { zone = "privatelink.azurecr.io", resource = azurerm_container_registry.this.id }
  }
  zones = merge(
    { for name, endpoint in local.endpoints : name => endpoint.zone },
    { warehouse = "${local.label}.private.postgres.database.azure.com" },
  )
}

resource "azurerm_private_dns_zone" "this" {
  for_each = local.zones

  name                = each.value
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "this" {
  for_each = local.zones

  name                  = "link-${local.label}"
  resource_group_name   = azurerm_resource_group.this.name
  private_dns_zone_name = azurerm_private_dns_zone.this[each.key].name
  virtual_network_id    = azurerm_virtual_network.this.id
  tags                  = local.tags
}

resource "azurerm_private_endpoint" "this" {
  for_each = local.endpoints

  name                = "pe-${local.label}-${each.key}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  subnet_id           = azurerm_subnet.endpoints.id
  tags                = local.tags

  private_service_connection {
    name                           = each.key
    private_connection_resource_id = each.value.resource
    subresource_names              = [each.key]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "default"
    private_dns_zone_ids = [azurerm_private_dns_zone.this[each.key].id]
  }
}
