# Files of changes, a container for each vendor: SALDO_LAKE_URL=abfs://azure_lake@/ makes the first folder the container.

resource "azurerm_storage_account" "lake" {
  name                = "st${local.global}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.tags

  account_tier             = "Standard"
  account_kind             = "StorageV2"
  account_replication_type = var.lake.replication
  is_hns_enabled           = true

  # Identities only: keys exist, and open nothing.
  shared_access_key_enabled        = false
  default_to_oauth_authentication  = true
  local_user_enabled               = false
  allow_nested_items_to_be_public  = false
  cross_tenant_replication_enabled = false
  public_network_access_enabled    = false
  https_traffic_only_enabled       = true
  min_tls_version                  = "TLS1_2"

  network_rules {
    default_action = "Deny"
    bypass         = ["None"]
  }

  blob_properties {
    delete_retention_policy {
      days = var.lake.deleted_days
    }

    container_delete_retention_policy {
      days = var.lake.deleted_days
    }
  }
}

# By storage_account_id they are made through Azure's management, which needs no way into the account.
resource "azurerm_storage_container" "vendor" {
  for_each = var.vendors

  name                  = "${each.value}-${var.environment}"
  storage_account_id    = azurerm_storage_account.lake.id
  container_access_type = "private"
}

# What leaves Saldo for other bookkeeping systems: SALDO_EXPORTS_URL.
resource "azurerm_storage_container" "exports" {
  name                  = "exports-${var.environment}"
  storage_account_id    = azurerm_storage_account.lake.id
  container_access_type = "private"
}

# Files are written once and read soon after. None is deleted: how long books are kept is yours to say.
resource "azurerm_storage_management_policy" "lake" {
  storage_account_id = azurerm_storage_account.lake.id

  rule {
    name    = "older-is-cheaper"
    enabled = true

    filters {
      blob_types = ["blockBlob"]
    }

    actions {
      base_blob {
        tier_to_cool_after_days_since_modification_greater_than = var.lake.cool_days
        tier_to_cold_after_days_since_modification_greater_than = var.lake.cold_days
      }
    }
  }
}
