# The resource group and what everything is named for.

data "azurerm_client_config" "current" {}

locals {
  label  = "${var.name}-${var.environment}"
  global = "${var.name}${var.environment}${var.unique}"
  tags   = merge(var.tags, { project = var.name, environment = var.environment })
}

resource "azurerm_resource_group" "this" {
  name     = "rg-${local.label}"
  location = var.location
  tags     = local.tags
}

# Not of the whole group: a lock there would also keep an apply from replacing the host.
resource "azurerm_management_lock" "kept" {
  for_each = var.is_protected ? {
    lake      = azurerm_storage_account.lake.id
    warehouse = azurerm_postgresql_flexible_server.this.id
    vault     = azurerm_key_vault.this.id
  } : {}

  name       = "keep-${each.key}"
  scope      = each.value
  lock_level = "CanNotDelete"
  notes      = "Books and keys. Take the lock away by hand before you delete it."
}
